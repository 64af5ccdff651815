import type { JsonValue } from '../../store/search.ts'
import type { Calls, ThreadWorld } from '../digest/call.ts'
import { Asked, type Answering } from './asked.ts'
import {
  addIssueNote,
  changeIssueList,
  changeIssueNote,
  changeOneIssue,
  deleteIssueList,
  deleteIssueNote,
  deleteOneIssue,
  undoActivity,
  unmergeHashes,
} from './change_answers.ts'
import { discoverEvents, discoverSeries } from './discover_answers.ts'
import {
  eventAttachment,
  eventAttachments,
  eventJson,
  eventWhole,
  findEvent,
  issueAttachments,
  issueEvent,
  listEvents,
  projectEvent,
} from './event_answers.ts'
import { listFeedback } from './feedback_answers.ts'
import {
  activitiesOfIssue,
  feedbackOfIssue,
  issueHashes,
  issueOfShort,
  notesOfIssue,
  oneIssue,
  tagOfIssue,
  tagsOfIssue,
  valuesOfTag,
} from './issue_answers.ts'
import { listIssues } from './issue_list.ts'
import { listMonitors, monitorCheckIns, oneMonitor } from './monitor_answers.ts'
import { listReleases, oneRelease, releaseCommits, releaseDeploys } from './release_answers.ts'
import { listSessions } from './session_answers.ts'
import { listSessionMetrics } from './session_metrics.ts'
import { organisationStats, projectStats } from './stats_answers.ts'
import {
  listEnvironments,
  listTags,
  oneTag,
  projectEnvironments,
  tagValueList,
} from './tag_answers.ts'
import { WebRefusal, type WebAnswer, type WebRequest } from './web_request.ts'

/** Who answers each endpoint of endpoints.ts that is the digest's. */
const answering: Readonly<Record<string, Answering>> = {
  'web.issues': listIssues,
  'web.changeIssues': changeIssueList,
  'web.deleteIssues': deleteIssueList,
  'web.issue': oneIssue,
  'web.changeIssue': changeOneIssue,
  'web.deleteIssue': deleteOneIssue,
  'web.unmerge': unmergeHashes,
  'web.addNote': addIssueNote,
  'web.changeNote': changeIssueNote,
  'web.deleteNote': deleteIssueNote,
  'web.undo': undoActivity,
  'web.events': listEvents,
  'web.issueEvent': issueEvent,
  'web.issueHashes': issueHashes,
  'web.issueTags': tagsOfIssue,
  'web.issueTag': tagOfIssue,
  'web.issueTagValues': valuesOfTag,
  'web.issueActivities': activitiesOfIssue,
  'web.issueAttachments': issueAttachments,
  'web.issueFeedback': feedbackOfIssue,
  'web.issueNotes': notesOfIssue,
  'web.shortId': issueOfShort,
  'web.eventId': findEvent,
  'web.event': projectEvent,
  'web.eventJson': eventJson,
  'web.eventWhole': eventWhole,
  'web.eventAttachments': eventAttachments,
  'web.eventAttachment': eventAttachment,
  'web.discover': discoverEvents,
  'web.discoverSeries': discoverSeries,
  'web.tags': listTags,
  'web.tag': oneTag,
  'web.tagValues': tagValueList,
  'web.environments': listEnvironments,
  'web.projectEnvironments': projectEnvironments,
  'web.releases': listReleases,
  'web.release': oneRelease,
  'web.releaseCommits': releaseCommits,
  'web.releaseDeploys': releaseDeploys,
  'web.organisationStats': organisationStats,
  'web.projectStats': projectStats,
  'web.sessions': listSessions,
  'web.sessionMetrics': listSessionMetrics,
  'web.monitors': listMonitors,
  'web.monitor': oneMonitor,
  'web.checkIns': monitorCheckIns,
  'web.feedback': listFeedback,
}

/** What main asks the digest thread for the web API: a WebRequest, answered with a WebAnswer. */
export const webCalls: Calls = Object.fromEntries(
  Object.entries(answering).map(([name, answer]) => [
    name,
    async (request: WebRequest, world: ThreadWorld): Promise<JsonValue> =>
      (await answered(answer, request, world)) as unknown as JsonValue,
  ]),
)

async function answered(
  answer: Answering,
  request: WebRequest,
  world: ThreadWorld,
): Promise<WebAnswer> {
  try {
    const asked = new Asked(request, world)
    const given = await answer(asked)
    if (asked.incomplete === undefined) return given
    return { ...given, headers: { ...given.headers, 'x-weir-incomplete': asked.incomplete } }
  } catch (failure) {
    if (failure instanceof WebRefusal) return { status: failure.status, body: failure.body }
    throw failure
  }
}
