import { registry } from '../../core/plugin.ts'
import { http } from './http.ts'
import { stdin } from './stdin.ts'
import { tail } from './tail.ts'
import { tcp } from './tcp.ts'
import { udp } from './udp.ts'
import { unix } from './unix.ts'

/** Every input there is. A new one is one file and one line here. */
export const inputs = registry([http, stdin, tail, tcp, udp, unix])
