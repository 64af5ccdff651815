import { Asked, type Answering } from '../api/asked.ts'
import { oneRelease } from '../api/release_answers.ts'
import { answer, invalid, notFound, type WebAnswer } from '../api/web_request.ts'
import { orderOf } from '../releases/order.ts'
import { unusedBlobs } from '../issues/removal.ts'
import { deleteBlobs, noteChange } from './unused_blobs.ts'
import { commitsOf, momentIn, refsOf, textOf, versionOf, type Commit } from './release_fields.ts'

/** `POST …/releases/`: `sentry-cli releases new`, and the bundlers' plugins. A release that is there is changed. */
export const createRelease: Answering = (asked) => {
  const { body } = asked
  const version = versionOf(body['version'])
  const named = wantedProjects(asked)
  // `sentry-cli releases archive` and `restore` name none: they are about a release that is there.
  const projects = named.length > 0 ? named : projectsOf(asked, version)
  if (projects.length === 0) {
    throw invalid(
      'projects: name one at least, such as {"version":"shop@1.2.3","projects":["shop"]}',
    )
  }
  const isNew = change(asked, version, projects)
  return shown(asked, version, isNew ? 201 : 208)
}

/** `PUT …/releases/<version>/`: finalize, set-commits. Makes the release where the request names its projects. */
export const updateRelease: Answering = (asked) => {
  const version = versionOf(asked.path('version'))
  const known = projectsOf(asked, version)
  const named = isProjectNamed(asked) ? wantedProjects(asked) : []
  const projects = [...new Set([...known, ...named])]
  if (projects.length === 0) throw notFound(`there is no release "${version.slice(0, 200)}"`)
  change(asked, version, projects)
  return shown(asked, version, 200)
}

/** `DELETE …/releases/<version>/`, with its files, commits and deploys. One that events name stays. */
export const deleteRelease: Answering = async (asked) => {
  const version = versionOf(asked.path('version'))
  const projects = projectsOf(asked, version)
  if (projects.length === 0) throw notFound(`there is no release "${version.slice(0, 200)}"`)
  const { database } = asked
  const events = database.prepare('select sum(events) as n from releases where version = ?')
  if (Number(events.get(version)?.['n'] ?? 0) > 0) {
    throw invalid(
      'events name this release, so it stays: delete its files with "releases files delete"',
    )
  }
  const unused = asked.world.change(() => {
    const blobs: string[] = []
    for (const project of projects) {
      const files = database.prepare(
        'delete from artifacts where project = ? and release = ? returning blob',
      )
      blobs.push(...files.all(project, version).map(({ blob }) => String(blob)))
      for (const table of ['releases', 'release_commits', 'deploys', 'release_environments']) {
        database
          .prepare(`delete from ${table} where project = ? and version = ?`)
          .run(project, version)
      }
      database
        .prepare('delete from artifact_uploads where project = ? and release = ?')
        .run(project, version)
    }
    noteChange(database)
    return unusedBlobs(database, blobs)
  })
  await deleteBlobs(asked.world, unused)
  return { status: 204, body: null }
}

/** `POST …/deploys/`: `sentry-cli deploys new`. */
export const createDeploy: Answering = (asked) => {
  const version = versionOf(asked.path('version'))
  const { body, database, nowMs } = asked
  const environment = textOf(body, 'environment')
  if (environment === null || environment === '') {
    throw invalid('environment: name where it was deployed, such as {"environment":"production"}')
  }
  const known = projectsOf(asked, version)
  const projects = isProjectNamed(asked)
    ? wantedProjects(asked).filter((id) => known.includes(id))
    : known
  if (projects.length === 0) {
    throw notFound(
      `there is no release "${version.slice(0, 200)}" of this project: make it with "sentry-cli releases new"`,
    )
  }
  const [name, url] = [textOf(body, 'name'), textOf(body, 'url')]
  const startedMs = momentIn(body, 'dateStarted')
  const finishedMs = momentIn(body, 'dateFinished') ?? nowMs
  const id = asked.world.change(() => {
    const insert = database.prepare(
      'insert into deploys (project, version, environment, name, url, started_ms, finished_ms) values (?, ?, ?, ?, ?, ?, ?)',
    )
    return projects.map((project) =>
      Number(
        insert.run(project, version, environment, name, url, startedMs, finishedMs).lastInsertRowid,
      ),
    )[0]!
  })
  const iso = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString())
  const dates = { dateStarted: iso(startedMs), dateFinished: iso(finishedMs) }
  return answer({ id: String(id), environment, name, url, ...dates }, 201)
}

/** `GET …/previous-with-commits/`: where `set-commits` goes on from; `{}` without one. */
export const previousWithCommits: Answering = (asked) => {
  const version = versionOf(asked.path('version'))
  const row = asked.row(
    `select r.version from releases r where r.project in (select value from json_each(?1)) and r.version <> ?2
       and exists (select 1 from release_commits c where c.project = r.project and c.version = r.version)
     order by r.created_ms desc, r.id desc limit 1`,
    asked.projectIds,
    version,
  )
  return row ? shown(asked, String(row['version']), 200) : answer({})
}

/** `GET …/repos/`: those that commits were told of. Weir fetches from none. */
export const listRepositories: Answering = (asked) =>
  answer(
    asked
      .rows(
        `select repository as name, min(timestamp_ms) as first from release_commits
         where repository is not null group by 1 order by 1 limit 1000`,
      )
      .map(({ name, first }, index) => ({
        id: String(index + 1),
        name: String(name),
        url: null,
        provider: { id: 'unknown', name: 'Unknown Provider' },
        status: 'active',
        dateCreated: new Date(Number(first ?? 0)).toISOString(),
        integrationId: null,
        externalSlug: null,
      })),
  )

/** Writes what the body says of a release. @returns whether it is new in any project. */
function change(asked: Asked, version: string, projects: readonly number[]): boolean {
  const { body, database, nowMs } = asked
  const { package: name, sort } = orderOf(version)
  const insert = database.prepare(
    'insert or ignore into releases (project, version, package, sort, created_ms) values (?, ?, ?, ?, ?)',
  )
  const update = database.prepare(
    `update releases set released_ms = ifnull(?, released_ms), ref = ifnull(?, ref), url = ifnull(?, url),
       data = json_patch(data, ?) where project = ? and version = ?`,
  )
  const released = momentIn(body, 'dateReleased')
  const [ref, url] = [textOf(body, 'ref'), textOf(body, 'url')]
  const refs = refsOf(body['refs'])
  const started = momentIn(body, 'dateStarted')
  const data = JSON.stringify({
    ...(refs && { refs }),
    ...(started !== null && { dateStarted: new Date(started).toISOString() }),
    ...(typeof body['status'] === 'string' && { status: body['status'].slice(0, 64) }),
  })
  // What is told by its newest commit alone has that one.
  const commits =
    commitsOf(body['commits']) ??
    refs?.map(({ commit, repository }) => ({ id: commit, repository }))
  return asked.world.change(() => {
    let isNew = false
    for (const project of projects) {
      if (insert.run(project, version, name, sort, nowMs).changes > 0) isNew = true
      update.run(released, ref, url, data, project, version)
      if (commits && commits.length > 0) writeCommits(asked, project, version, commits)
    }
    return isNew
  })
}

function writeCommits(
  asked: Asked,
  project: number,
  version: string,
  commits: readonly Commit[],
): void {
  const { database } = asked
  database
    .prepare('delete from release_commits where project = ? and version = ?')
    .run(project, version)
  const insert = database.prepare(
    `insert into release_commits (project, version, place, id, repository, author_name, author_email, message, timestamp_ms, patch_set)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  for (const [place, commit] of commits.entries()) {
    const {
      id,
      repository = null,
      author_name = null,
      author_email = null,
      message = null,
    } = commit
    const { timestampMs = null, patchSet = null } = commit
    insert.run(
      project,
      version,
      place,
      id,
      repository,
      author_name,
      author_email,
      message,
      timestampMs,
      patchSet,
    )
  }
}

const isProjectNamed = (asked: Asked) =>
  asked.request.path['project'] !== undefined || Array.isArray(asked.body['projects'])

/** Ids of the projects of the path, else of the body. @throws WebRefusal */
function wantedProjects(asked: Asked): number[] {
  const names =
    asked.request.path['project'] === undefined ? asked.body['projects'] : [asked.path('project')]
  if (!Array.isArray(names)) return []
  return names.map((name) => {
    const found = asked.request.projects.find(
      ({ id, slug }) => slug === name || String(id) === String(name),
    )
    if (found) return found.id
    const known = asked.request.projects
      .slice(0, 10)
      .map(({ slug }) => slug)
      .join(', ')
    throw invalid(
      `there is no project "${String(name).slice(0, 100)}": there are ${known || 'none yet'}`,
    )
  })
}

/** Ids of those projects of the request that have the release. */
function projectsOf(asked: Asked, version: string): number[] {
  return asked
    .rows(
      'select project from releases where version = ? and project in (select value from json_each(?)) order by id',
      version,
      asked.projectIds,
    )
    .map((row) => Number(row['project']))
}

/** The release as it is now. */
function shown(asked: Asked, version: string, status: number): WebAnswer {
  const request = { ...asked.request, path: { ...asked.request.path, version } }
  const shownNow = oneRelease(new Asked(request, asked.world)) as WebAnswer
  return { ...shownNow, status }
}
