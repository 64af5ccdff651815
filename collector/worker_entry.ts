import { enableCompileCache, flushCompileCache } from 'node:module'
import { workerData } from 'node:worker_threads'

/**
 * Where a collector worker begins. A thread does not inherit the compile cache, and without it every
 * worker loads Node's type stripper: 25 MB and half a second. So the cache comes before everything else.
 */
const { compileCache } = workerData as { compileCache: string | undefined }
if (compileCache !== undefined) enableCompileCache(compileCache)
await import('./worker.ts')
flushCompileCache()
