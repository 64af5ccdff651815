import { latestRelease } from '../releases/latest.ts'
import { orderOf } from '../releases/order.ts'
import { issuesHaving, SearchMeaningError, type SearchScope } from './scope.ts'
import { never, some, textFits, type Condition } from './sql.ts'
import { plainText, type SearchTerm, type SearchValue } from './tree.ts'

/**
 * Issues of a release: by its name with stars, `latest` (the newest of each project), or by the order of semantic
 * versions (`>=1.2.0`, `<shop@2.0.0`; without a package of every package).
 */
export function releaseCondition(term: SearchTerm, scope: SearchScope): Condition {
  return some(
    term.values.map((value) => {
      if (term.operator !== '=') return byVersion(term, value)
      const name = plainText(value)
      if (name === '') return { sql: 'i.last_release is null', values: [] }
      if (name === 'latest') return ofLatest(scope)
      return issuesHaving('issue_releases', textFits('x.release', value), scope)
    }),
  )
}

function byVersion({ operator, from }: SearchTerm, value: SearchValue): Condition {
  const name = plainText(value)
  const { package: ofPackage, sort } = orderOf(name)
  if (sort === null) {
    throw new SearchMeaningError(
      from,
      `"${name}" is no semantic version, and only these are in an order`,
    )
  }
  const sql = `exists (select 1 from issue_releases r join releases v on v.project = i.project and v.version = r.release
    where r.issue = i.id and v.sort ${operator} ?${ofPackage === '' ? '' : ' and v.package = ?'})`
  return { sql, values: ofPackage === '' ? [sort] : [sort, ofPackage] }
}

function ofLatest({ database, projects }: SearchScope): Condition {
  const pairs = [...projects.values()].flatMap((project) => {
    const release = latestRelease(database, project)
    return release === undefined ? [] : [{ project, release }]
  })
  if (pairs.length === 0) return never
  const sql = `exists (select 1 from json_each(?) l join issue_releases r on r.release = l.value ->> 'release'
    where r.issue = i.id and i.project = l.value ->> 'project')`
  return { sql, values: [JSON.stringify(pairs)] }
}
