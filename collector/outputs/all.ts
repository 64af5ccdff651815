import { registry } from '../../core/plugin.ts'
import { elasticsearchOutput } from './elasticsearch.ts'
import { fileOutput } from './file.ts'
import { nullOutput } from './null.ts'
import { stdoutOutput } from './stdout.ts'

/** The outputs: a new one is one file and one line here. */
export const outputs = registry([elasticsearchOutput, fileOutput, nullOutput, stdoutOutput])
