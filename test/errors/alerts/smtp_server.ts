import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'

export interface Mail {
  readonly from: string
  readonly to: readonly string[]
  readonly data: string
  /** User and password, where it was logged in. */
  readonly login: string
}

/** As much of RFC 5321 as a client needs. @param answer to the mail itself. */
export async function startSmtp(answer = '250 taken') {
  const mails: Mail[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => {})
    converse(socket, answer, mails)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    mails,
    close() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

function converse(socket: Socket, answer: string, mails: Mail[]): void {
  let [from, login, data] = ['', '', '']
  let to: string[] = []
  let isData = false
  let rest = ''
  const say = (line: string) => socket.write(`${line}\r\n`)
  say('220 test')
  socket.setEncoding('utf8').on('data', (part: string) => {
    rest += part
    for (let end = rest.indexOf('\r\n'); end >= 0; end = rest.indexOf('\r\n')) {
      const line = rest.slice(0, end)
      rest = rest.slice(end + 2)
      if (isData) {
        if (line !== '.') data += `${line}\n`
        else {
          isData = false
          if (answer.startsWith('2')) mails.push({ from, to, data, login })
          say(answer)
        }
        continue
      }
      const word = line.slice(0, 4).toUpperCase()
      if (word === 'EHLO') socket.write('250-test\r\n250 AUTH PLAIN\r\n')
      else if (word === 'AUTH') {
        login = Buffer.from(line.split(' ')[2]!, 'base64').toString().slice(1).replace('\0', ' ')
        say('235 in')
      } else if (word === 'MAIL') {
        ;[from, to, data] = [line.slice(10), [], '']
        say('250 ok')
      } else if (word === 'RCPT') {
        to.push(line.slice(8))
        say('250 ok')
      } else if (word === 'DATA') {
        isData = true
        say('354 go on')
      } else {
        say('221 bye')
        if (word === 'QUIT') socket.end()
      }
    }
  })
}
