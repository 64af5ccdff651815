import { existsSync, readdirSync, statSync } from 'node:fs'
import { messageOf } from '../core/errors.ts'
import { pointManifestPath, pointsFolder } from '../store/embedded/metrics/layout.ts'
import { asideFolder, manifestPath, segmentsFolder } from '../store/embedded/segments/layout.ts'
import { checkFile, isManifestMade, setAsideIn } from '../store/embedded/segments/manifest_file.ts'
import type { Finding } from './finding.ts'

/** Looks at the files of an embedded store without changing them: what is damaged, lost, or was set aside. */
export function checkStoreFiles(dataFolder: string): Finding[] {
  const folder = `${dataFolder}/store`
  const problem = (message: string): Finding => ({ level: 'problem', subject: 'store', message })
  const note = (message: string): Finding => ({ level: 'note', subject: 'store', message })
  if (!existsSync(folder)) return []
  if (!statSync(folder).isDirectory()) return [problem(`${folder} is no folder: move it away`)]
  const findings: Finding[] = []
  const manifests = [
    [manifestPath(folder), segmentsFolder(folder)],
    [pointManifestPath(folder), pointsFolder(folder)],
  ] as const
  const others = [`${folder}/documents.sqlite`, `${folder}/api.sqlite`]
  for (const path of [...manifests.map(([manifest]) => manifest), ...others]) {
    try {
      if (existsSync(path)) checkFile(path)
    } catch (failure) {
      const text = messageOf(failure)
      findings.push(problem(text.includes(path) ? text : `${path}: ${text}`))
    }
  }
  for (const [manifest, files] of manifests) {
    for (const { file, reason } of setAsideIn(manifest))
      findings.push(problem(`${files}/${file} was set aside and is missing in answers: ${reason}`))
    if (isManifestMade(manifest) || !hasFiles(files)) continue
    const text = `${manifest} is lost: the next start sets the files in ${files} aside, and takes in what the journal still has; restore it together with them from a backup`
    findings.push(problem(text))
  }
  for (const text of asideIn(folder)) findings.push(note(text))
  for (const name of readdirSync(folder)) {
    if (!name.startsWith('api.damaged-')) continue
    const text = `${folder}/${name} could not be read and was set aside: what clients said about indices (mappings, templates, aliases) is in it and nowhere else`
    findings.push(note(text))
  }
  return findings
}

function asideIn(folder: string): string[] {
  const aside = asideFolder(folder)
  const isThere = (begin: string) =>
    existsSync(aside) &&
    readdirSync(aside).some((name) => name.startsWith(begin) && hasFiles(`${aside}/${name}`))
  const texts: string[] = []
  if (isThere('segments-')) {
    texts.push(
      `${aside} has files of a store whose manifest was lost: no question reads them. "weir store adopt" takes them back`,
    )
  }
  if (isThere('points-')) {
    texts.push(
      `${aside} has points of a store whose metrics.sqlite was lost: no question reads them. To have them back, restore metrics.sqlite together with its files from a backup; else remove ${aside}/points-*`,
    )
  }
  return texts
}

const hasFiles = (folder: string) =>
  existsSync(folder) &&
  readdirSync(folder, { recursive: true, withFileTypes: true }).some((each) => each.isFile())
