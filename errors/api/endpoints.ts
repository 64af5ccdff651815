/** A path of Sentry's web API that Weir answers; `:name` is a parameter. Below `/api/0`, without a slash at the end. */
export interface Endpoint {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly path: string
  /** Who answers: a function of main_answers.ts (`main.…`) or of web_calls.ts, which the digest thread runs. */
  readonly name: string
}

const organisation = '/organizations/:organization'
const project = '/projects/:organization/:project'
const issues = [`${organisation}/issues`, `${project}/issues`]
const issue = ['/issues/:issue', `${organisation}/issues/:issue`]

const each = (method: Endpoint['method'], paths: readonly string[], name: string): Endpoint[] =>
  paths.map((path) => ({ method, path, name }))
const get = (path: string, name: string): Endpoint => ({ method: 'GET', path, name })

/** Every endpoint; docs/ERRORS_API.md has a row for each. */
export const endpoints: readonly Endpoint[] = [
  get('', 'main.root'),
  get('/organizations', 'main.organisations'),
  get(organisation, 'main.organisation'),
  get('/users/me', 'main.me'),
  get(`${organisation}/users`, 'main.users'),
  get(`${organisation}/members`, 'main.users'),
  get(`${organisation}/teams`, 'main.teams'),
  get('/teams/:organization/:team', 'main.team'),
  get('/teams/:organization/:team/projects', 'main.projects'),
  { method: 'POST', path: '/teams/:organization/:team/projects', name: 'main.addProject' },
  get('/projects', 'main.projects'),
  get(`${organisation}/projects`, 'main.projects'),
  { method: 'POST', path: `${organisation}/projects`, name: 'main.addProject' },
  get(project, 'main.project'),
  { method: 'PUT', path: project, name: 'main.changeProject' },
  { method: 'DELETE', path: project, name: 'main.removeProject' },
  get(`${project}/keys`, 'main.keys'),
  { method: 'POST', path: `${project}/keys`, name: 'main.addKey' },
  get(`${project}/keys/:key`, 'main.key'),
  { method: 'PUT', path: `${project}/keys/:key`, name: 'main.changeKey' },
  { method: 'DELETE', path: `${project}/keys/:key`, name: 'main.removeKey' },

  ...each('GET', issues, 'web.issues'),
  ...each('PUT', issues, 'web.changeIssues'),
  ...each('DELETE', issues, 'web.deleteIssues'),
  ...each('GET', issue, 'web.issue'),
  ...each('PUT', issue, 'web.changeIssue'),
  ...each('DELETE', issue, 'web.deleteIssue'),
  ...issue.flatMap((path) => [
    ...each('GET', [`${path}/events`], 'web.events'),
    ...each('GET', [`${path}/events/:event`], 'web.issueEvent'),
    ...each('GET', [`${path}/hashes`], 'web.issueHashes'),
    ...each('DELETE', [`${path}/hashes`], 'web.unmerge'),
    ...each('GET', [`${path}/tags`], 'web.issueTags'),
    ...each('GET', [`${path}/tags/:key`], 'web.issueTag'),
    ...each('GET', [`${path}/tags/:key/values`], 'web.issueTagValues'),
    ...each('GET', [`${path}/activities`], 'web.issueActivities'),
    ...each('DELETE', [`${path}/activities/:activity`], 'web.undo'),
    ...each('GET', [`${path}/attachments`], 'web.issueAttachments'),
    ...each('GET', [`${path}/user-reports`, `${path}/user-feedback`], 'web.issueFeedback'),
    ...['comments', 'notes'].flatMap((notes) => [
      ...each('GET', [`${path}/${notes}`], 'web.issueNotes'),
      ...each('POST', [`${path}/${notes}`], 'web.addNote'),
      ...each('PUT', [`${path}/${notes}/:note`], 'web.changeNote'),
      ...each('DELETE', [`${path}/${notes}/:note`], 'web.deleteNote'),
    ]),
  ]),
  get(`${organisation}/shortids/:short`, 'web.shortId'),
  get(`${organisation}/eventids/:event`, 'web.eventId'),

  get(`${project}/events`, 'web.events'),
  get(`${project}/events/:event`, 'web.event'),
  get(`${project}/events/:event/json`, 'web.eventJson'),
  get(`${project}/events/:event/grouping-info`, 'main.groupingInfo'),
  get(`${project}/events/:event/explain`, 'main.explain'),
  get(`${project}/events/:event/attachments`, 'web.eventAttachments'),
  get(`${project}/events/:event/attachments/:attachment`, 'main.attachment'),

  get(`${organisation}/events`, 'web.discover'),
  get(`${organisation}/events-stats`, 'web.discoverSeries'),

  get(`${organisation}/tags`, 'web.tags'),
  get(`${organisation}/tags/:key/values`, 'web.tagValues'),
  get(`${project}/tags`, 'web.tags'),
  get(`${project}/tags/:key`, 'web.tag'),
  get(`${project}/tags/:key/values`, 'web.tagValues'),
  get(`${organisation}/environments`, 'web.environments'),
  get(`${project}/environments`, 'web.environments'),

  get(`${organisation}/releases`, 'web.releases'),
  get(`${organisation}/releases/:version`, 'web.release'),
  get(`${organisation}/releases/:version/commits`, 'web.releaseCommits'),
  get(`${organisation}/releases/:version/deploys`, 'web.releaseDeploys'),
  get(`${project}/releases`, 'web.releases'),
  get(`${project}/releases/:version`, 'web.release'),
  get(`${project}/releases/:version/commits`, 'web.releaseCommits'),

  get(`${organisation}/stats_v2`, 'web.organisationStats'),
  get(`${project}/stats`, 'web.projectStats'),
  get(`${organisation}/sessions`, 'web.sessions'),
  get(`${organisation}/metrics/data`, 'web.sessionMetrics'),
  get(`${organisation}/monitors`, 'web.monitors'),
  get(`${organisation}/monitors/:monitor`, 'web.monitor'),
  get(`${organisation}/monitors/:monitor/checkins`, 'web.checkIns'),
  get(`${project}/monitors/:monitor`, 'web.monitor'),
  get(`${project}/monitors/:monitor/checkins`, 'web.checkIns'),
  get(`${organisation}/user-feedback`, 'web.feedback'),
  get(`${project}/user-feedback`, 'web.feedback'),
  get(`${project}/user-reports`, 'web.feedback'),
]

/** What Sentry answers and Weir does not, by the beginning of the path: why. */
export const refused: readonly (readonly [pattern: RegExp, because: string])[] = [
  [/\/(?:replays?|replay-count)(?:\/|$)/, 'replays are not kept'],
  [/\/(?:profiling|profiles?)(?:\/|$)/, 'profiles are not kept'],
  [/\/(?:traces?|spans?|trace-items|events-trace)(?:\/|$)/, 'transactions and spans are not kept'],
  [
    /\/metrics\/(?!data$)/,
    'of metrics there are those of sessions, at /organizations/weir/metrics/data/; others of Weir are at /api/metrics',
  ],
  [
    /\/(?:rules|combined-rules|alert-rules|workflows|detectors)(?:\/|$)/,
    'alerts are set in the config, errors.alerts',
  ],
  [
    /\/(?:integrations|plugins|sentry-apps?|sentry-app-installations|service-?hooks|hooks)(?:\/|$)/,
    'integrations are alert channels of the config, errors.alerts',
  ],
  [
    /\/(?:dashboards|discover|group-search-views)(?:\/|$)/,
    'dashboards are made with Grafana, over /es',
  ],
  [
    /\/(?:saml|sso|auth-provider|scim|api-tokens|access-requests|invite)/,
    'access is by tokens of the config, http.tokens',
  ],
]
