import { registry } from '../../core/plugin.ts'
import { elasticsearchOutput } from './elasticsearch.ts'
import { nullOutput } from './null.ts'

/** The outputs: a new one is one file and one line here. */
export const outputs = registry([elasticsearchOutput, nullOutput])
