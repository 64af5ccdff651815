/** The place of a row that the batch has nothing for. */
export const notInBatch = -1

/** What the batch under way has of an issue. */
export interface IssueInBatch {
  /** The hour of the last event, and its place in the batch; as for the hash. */
  hour: number
  hourAt: number
  hash: string
  hashAt: number
  /** When each was first seen. */
  users: Map<bigint, number> | undefined
}

export const nothingInBatch = (): IssueInBatch => ({
  hour: 0,
  hourAt: notInBatch,
  hash: '',
  hashAt: notInBatch,
  users: undefined,
})
