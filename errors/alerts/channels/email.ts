import { z } from 'zod'
import { secret } from '../../../core/config/secret.ts'
import { messageOf, PermanentError, RetryableError } from '../../../core/errors.ts'
import { cut, textOf } from '../message.ts'
import { defineChannel } from './channel.ts'

const address = z
  .string()
  .max(320)
  .regex(/^[^\r\n]*[^\s@]+@[^\s@]+[^\r\n]*$/, 'expected an address such as ops@example.com')

/** Mail by SMTP. */
export const emailChannel = defineChannel(
  'email',
  'Mail by SMTP',
  {
    to: z.array(address).min(1).max(50).describe('Who gets it'),
    from: address.describe('Who it is from: `Weir <weir@example.com>`'),
    host: z.string().min(1).describe('The SMTP server'),
    port: z.int().min(1).max(65_535).default(587).describe('Its port'),
    tls: z
      .enum(['starttls', 'always', 'opportunistic', 'never'])
      .default('starttls')
      .describe(
        '`starttls`: no mail without it; `always`: from the first byte, as on port 465; `opportunistic`: where it is offered',
      ),
    user: z.string().min(1).optional().describe('Whom to log in as'),
    password: secret().optional().describe('The password'),
    ca: z.string().min(1).optional().describe('PEM of the authority that signed its certificate'),
  },
  (config) => ({
    // By Message-ID: most mailboxes show a mail once.
    knowsRepeats: true,
    async send(message, { mayBeRepeat, deadline }) {
      const { createTransport } = await import('nodemailer')
      const transport = createTransport({
        host: config.host,
        port: config.port,
        secure: config.tls === 'always',
        requireTLS: config.tls === 'starttls',
        ignoreTLS: config.tls === 'never',
        ...(config.user !== undefined && {
          auth: { user: config.user, pass: config.password?.reveal() ?? '' },
        }),
        ...(config.ca !== undefined && { tls: { ca: config.ca } }),
        disableFileAccess: true,
        disableUrlAccess: true,
      })
      const giveUp = () => transport.close()
      deadline.addEventListener('abort', giveUp, { once: true })
      const late = Promise.withResolvers<never>()
      const onLate = () => late.reject(new Error('does not answer in time'))
      deadline.addEventListener('abort', onLate, { once: true })
      try {
        const mail = transport.sendMail({
          from: config.from,
          to: config.to,
          // One line: a line break in a title must not become a header.
          subject: cut(message.headline.replaceAll(/[\r\n]+/g, ' '), 200),
          text: textOf(message, mayBeRepeat),
          messageId: `<${message.id}@weir>`,
          headers: { 'auto-submitted': 'auto-generated', 'x-weir-rule': message.rule },
        })
        const { response } = await Promise.race([mail, late.promise])
        return response
      } catch (failure) {
        throw judged(failure, config.host, deadline.aborted)
      } finally {
        deadline.removeEventListener('abort', giveUp)
        deadline.removeEventListener('abort', onLate)
        transport.close()
      }
    },
  }),
)

/** 5xx is for ever (RFC 5321 §4.2.1), but for a refused log-in, which somebody may mend. */
function judged(failure: unknown, host: string, isLate: boolean): Error {
  const {
    responseCode = 0,
    code,
    command,
  } = failure as {
    responseCode?: number
    code?: string
    command?: string
  }
  const text = `${host}: ${messageOf(failure)}`
  if (responseCode >= 500 && code !== 'EAUTH') {
    return new PermanentError('WEIR_OUTPUT_REFUSED', text, { cause: failure })
  }
  const fateUnknown = isLate || (command === 'DATA' && responseCode === 0)
  return new RetryableError('WEIR_OUTPUT_UNAVAILABLE', text, { cause: failure, fateUnknown })
}
