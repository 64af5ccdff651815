import { registry } from '../../core/plugin.ts'
import { grep } from './grep.ts'
import { recordTransformer } from './record_transformer.ts'

/** Every filter there is. A new one is a file in this folder and a line here. */
export const filters = registry([grep, recordTransformer])
