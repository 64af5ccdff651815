import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CatalogueSearch } from '../../../../store/embedded/metrics/catalogue_search.ts'
import { CatalogueWriter } from '../../../../store/embedded/metrics/catalogue_writer.ts'
import { parseGlob } from '../../../../store/name_glob.ts'
import { PointManifest } from '../../../../store/embedded/metrics/point_manifest.ts'
import { nameOfSeries } from '../../../../store/series.ts'

const part = fc.constantFrom('a', 'b', 'ab', 'a-', 'a/', 'a0', 'é', '😀', '\uffee')
const name = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('.'))
const series = fc.tuple(name, fc.constantFrom('', ';k=v', ';k=w;z=1')).map((both) => both.join(''))
const globPart = fc.oneof(part, fc.constantFrom('*', '?', 'a*', '{a,b}', '[ab]', '*b'))
const glob = fc.array(globPart, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('.'))

test('a walk over the catalogue finds what a look at every name finds', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(series, { minLength: 1, maxLength: 40 }),
      fc.array(glob, { minLength: 1, maxLength: 10 }),
      async (names, globs) => {
        const folder = mkdtempSync(join(tmpdir(), 'weir-catalogue-'))
        const path = join(folder, 'metrics.sqlite')
        const manifest = new PointManifest(path)
        const writer = new CatalogueWriter(manifest, 1_000, () => expect.fail('full'))
        const learnt = names.map((each) => {
          return { series: each, type: 'gauge' as const, firstMs: 1, lastMs: 2, intervalMs: 0 }
        })
        await manifest.commit({ also: () => writer.write(learnt) })
        const search = new CatalogueSearch(path)
        try {
          for (const each of globs) {
            const parts = parseGlob(each)
            const fits = (text: string) => {
              const own = text.split('.')
              return own.length === parts.length && parts.every((one, n) => one.fits(own[n]!))
            }
            const never = AbortSignal.timeout(20_000)
            const found = await search.find({ glob: each, limit: 1_000 }, never)
            const expected = names.filter((text) => fits(nameOfSeries(text)))
            expect(found.map((info) => info.series)).toEqual(expected.toSorted())
            const nodes = await search.children({ glob: each, limit: 1_000 }, never)
            const level = names
              .map((text) => nameOfSeries(text).split('.').slice(0, parts.length).join('.'))
              .filter(fits)
            expect(nodes.map((node) => node.path)).toEqual([...new Set(level)].toSorted())
          }
        } finally {
          search.close()
          await manifest.close()
          rmSync(folder, { recursive: true, force: true })
        }
      },
    ),
    { numRuns: 60 },
  )
})
