import { registry } from '../../core/plugin.ts'
import { stdin } from './stdin.ts'
import { tcp } from './tcp.ts'
import { udp } from './udp.ts'

/** Every input there is. A new one is one file and one line here. */
export const inputs = registry([stdin, tcp, udp])
