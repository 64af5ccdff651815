/** `npm run docs`: writes what is made from the code. A test fails when it was forgotten. */
import { writeFileSync } from 'node:fs'
import { configDocs } from './config_docs.ts'

const { markdown, schema } = configDocs()
writeFileSync('docs/CONFIG.md', markdown)
writeFileSync('docs/config.schema.json', schema)
