/** Where answers are meant to differ; docs/ELASTICSEARCH_API.md argues each. */
export const intended = {
  scores: 'every hit has the score 1.0',
  refusedOptions: 'an option that Weir has not is refused by name',
  unindexed: 'a field that is neither indexed nor has doc values is refused wherever it is named',
  withoutDocValues: 'a field without doc values is sorted and aggregated all the same',
  brokenRegexp:
    'a regular expression that cannot be read is refused, whichever fields it is meant for',
  highlighter: 'texts are cut and marked as the plain highlighter does it',
  quantiles: 'quantiles of few values lie between them, OpenSearch takes one of them',
  namedQueries: '`_name` is taken, and which of the names fit is not told',
  afterKeys: 'a date that would be read as another time is in milliseconds in `after_key`',
  // Of every answer, so that no case names them:
  // a missing number is null in `sort`; `_ignored` and `ignored_field_values` are not told.
} as const

export type IntendedName = keyof typeof intended
