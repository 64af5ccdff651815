/**
 * The closed list of everything that can happen to an event other than arriving whole. Each is
 * counted in `weir_events_impaired_total{component,fate,reason}`; docs/METRICS.md is held to it.
 *
 * - lost: the event, or a part of it, is gone
 * - refused: the sender was told, or the raw line went on as `message` (or to `on_error`)
 * - truncated: a part was cut off
 * - repaired: something was replaced so that the event could go on
 * - duplicated: the event may be, or was, delivered more than once
 * - dead: a target refused it for good; it is in the dead letters
 */
export const reasons = {
  // parsing
  unmatched: { fate: 'refused', help: 'the line does not fit the parser' },
  invalid_json: { fate: 'refused', help: 'the line is not valid JSON' },
  not_an_object: { fate: 'refused', help: 'the JSON value is not an object' },
  too_deep: { fate: 'refused', help: 'the JSON is nested deeper than max_depth' },
  invalid_time: {
    fate: 'repaired',
    help: 'a time that cannot be read or stored; arrival time used',
  },
  invalid_utf8: { fate: 'repaired', help: 'bytes that are not UTF-8; replaced by U+FFFD' },
  lone_surrogate: { fate: 'repaired', help: 'half a surrogate pair; replaced by U+FFFD' },
  duplicate_key: { fate: 'repaired', help: 'a key twice in one object; the last one is kept' },
  invalid_type: {
    fate: 'repaired',
    help: 'a value that does not convert to its type; kept as text',
  },
  invalid_number: { fate: 'repaired', help: 'a number no target can store; kept as text' },
  // tail
  nul_run: { fate: 'repaired', help: 'bytes of a hole (NUL) skipped, counted as one event a run' },
  line_too_long: { fate: 'truncated', help: 'longer than max_line_size; cut' },
  line_too_long_dropped: { fate: 'lost', help: 'longer than max_line_size; dropped by config' },
  multiline_cut: {
    fate: 'truncated',
    help: 'more lines or bytes than a multi-line event may have',
  },
  unread_at_truncate: { fate: 'lost', help: 'bytes cut away by a truncation with no copy to read' },
  unread_at_delete: { fate: 'lost', help: 'a rotated file was deleted before it was read' },
  read_from_end: { fate: 'lost', help: 'bytes skipped because read_from is end' },
  // network
  udp_kernel_drop: {
    fate: 'lost',
    help: 'datagrams the kernel dropped: the receive buffer was full',
  },
  datagram_overflow: {
    fate: 'lost',
    help: 'datagrams dropped while the journal did not take more',
  },
  message_too_long: { fate: 'truncated', help: 'longer than max_message_size; cut' },
  message_too_long_dropped: {
    fate: 'lost',
    help: 'longer than max_message_size; dropped by config',
  },
  bad_frame: {
    fate: 'refused',
    help: 'octet count or delimiter missing, or no HTTP request; connection closed',
  },
  connection_refused: { fate: 'refused', help: 'not allowed, or too many connections' },
  tls_failed: { fate: 'refused', help: 'a TLS handshake failed' },
  idle_timeout: { fate: 'refused', help: 'a connection closed because it sent nothing' },
  unfinished_message: {
    fate: 'refused',
    help: 'a connection ended amid a message; delivered as is',
  },
  stopped: {
    fate: 'lost',
    help: 'arrived without acknowledgement (udp, tcp, unix, stdin), not durable when Weir stopped',
  },
  // statsd
  statsd_no_type: { fate: 'refused', help: 'a StatsD line without a type' },
  statsd_bad_type: { fate: 'refused', help: 'a type that the dialect does not have' },
  statsd_bad_value: { fate: 'refused', help: 'no name, or a value that is no number of its type' },
  statsd_bad_rate: { fate: 'refused', help: 'a sampling rate that is none' },
  statsd_not_finite: { fate: 'refused', help: 'the value, rate or result is not finite' },
  statsd_bad_event: { fate: 'refused', help: 'an event or service check that cannot be read' },
  statsd_too_long: {
    fate: 'refused',
    help: 'a longer name, more tags or a longer line than allowed',
  },
  statsd_unfinished: { fate: 'refused', help: 'a connection ended amid a StatsD line; dropped' },
  statsd_limit: {
    fate: 'lost',
    help: 'values of new series, set members or events beyond a limit',
  },
  repeater_overflow: { fate: 'lost', help: 'packets that a target of a repeater did not take' },
  // http
  body_too_large: { fate: 'refused', help: 'a body above the compressed or the inflated limit' },
  bad_encoding: { fate: 'refused', help: 'a body that does not inflate' },
  bad_content: { fate: 'refused', help: 'a body or content type that cannot be read' },
  // error reports
  report_unsupported: {
    fate: 'refused',
    help: 'an item of an SDK that Weir has no use for, such as a transaction; the SDK was told',
  },
  report_invalid: {
    fate: 'refused',
    help: 'a body or an item of an SDK that cannot be read',
  },
  monitor_config_invalid: {
    fate: 'repaired',
    help: "a check-in's monitor_config that is not understood; the check-in counts without it",
  },
  report_too_large: { fate: 'refused', help: 'a body or an item of an SDK beyond errors.limits' },
  report_unauthorised: {
    fate: 'refused',
    help: 'a report without a valid key, or from an origin that its key does not allow',
  },
  report_quota: { fate: 'refused', help: 'an item of an SDK beyond a quota' },
  report_undigestible: {
    fate: 'lost',
    help: 'an accepted report that could not be digested, by a mistake of ours; the log has it',
  },
  report_busy: {
    fate: 'refused',
    help: 'a report while errors.limits.max_memory was in use, or the journal took nothing',
  },
  // filters
  filter_failed: { fate: 'refused', help: 'a filter could not be applied; the event went on' },
  // journal
  journal_full: {
    fate: 'lost',
    help: 'dropped on arrival: the journal is full (drop_newest), or too small for it',
  },
  dropped_oldest: { fate: 'lost', help: 'deleted unread: the journal is full (drop_oldest)' },
  max_lag: { fate: 'lost', help: 'skipped by a reader that lagged beyond max_lag' },
  corrupt: { fate: 'lost', help: 'bytes in the journal that no longer fit their checksum' },
  bad_point: {
    fate: 'lost',
    help: 'a line of metric points that is none, or of more than a day ahead',
  },
  torn_tail: { fate: 'refused', help: 'unacknowledged events cut off at start after a crash' },
  // prometheus
  not_finite: {
    fate: 'lost',
    help: 'a sample of Prometheus or carbon that is NaN or infinite, which a point cannot hold',
  },
  native_histogram: {
    fate: 'lost',
    help: 'a native histogram of Prometheus, which has no point',
  },
  bad_sample: {
    fate: 'refused',
    help: 'a sample of Prometheus or carbon without a name, with wrong tags or an impossible time',
  },
  // outputs
  target_refused: { fate: 'dead', help: 'the target refused the event for good' },
  target_conflict: {
    fate: 'dead',
    help: 'the target already has an event with this id, unexpectedly',
  },
  too_large_for_target: { fate: 'dead', help: 'the event alone exceeds the request size' },
  failure_store: { fate: 'dead', help: 'the target put the event into its failure store' },
  unsettled: {
    fate: 'duplicated',
    help: 'sent again although nobody could look whether the target has it; perhaps twice',
  },
} as const satisfies Record<string, { fate: Fate; help: string }>

export type Fate = 'lost' | 'refused' | 'truncated' | 'repaired' | 'duplicated' | 'dead'
export type Reason = keyof typeof reasons
