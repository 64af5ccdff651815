import type { Component } from './component.ts'

/** How an event can be grouped, and why so. */
export type VariantName =
  | 'app'
  | 'system'
  | 'default'
  | 'custom-fingerprint'
  | 'built-in-fingerprint'
  | 'checksum'
  | 'hashed-checksum'
  | 'fallback'

export type VariantType =
  | 'component'
  | 'salted-component'
  | 'custom-fingerprint'
  | 'built-in-fingerprint'
  | 'checksum'
  | 'hashed-checksum'
  | 'fallback'

/** One way to look at an event. Those that contribute have each a hash by which its issue is looked for. */
export interface Variant {
  readonly name: VariantName
  readonly type: VariantType
  readonly contributes: boolean
  /** 32 hex characters; empty when it does not contribute. */
  readonly hash: string
  /** Why it does not contribute. */
  readonly hint?: string
  /** Of components: what made it. */
  readonly component?: Component
  /** Of fingerprints: their parts, variables filled in. */
  readonly values?: readonly string[]
  /** Of fingerprints: as the SDK sent it. */
  readonly clientValues?: readonly string[]
  /** Of fingerprints: the rule that gave it. */
  readonly matchedRule?: string
}

/** Hashes of an event by one version of the grouping. */
export interface Hashes {
  /** Such as `weir:2026-11-21`; kept with every hash. */
  readonly version: string
  /**
   * 32 hex characters each, in the order in which they are looked up, app first. The first that is known decides
   * the issue, the others are attached to it.
   */
  readonly hashes: readonly string[]
  /**
   * For each of `hashes` the one that counts when the issue that it leads to is split by message: made of it and
   * of the parameterised message. Look `hashes[i]` up; where it leads to an issue that is split, look
   * `splitHashes[i]` up instead, and when that is not known, it is a new issue.
   */
  readonly splitHashes: readonly string[]
}

export interface Grouping extends Hashes {
  readonly variants: readonly Variant[]
  /** By what was in force before, while it is looked up too: look these up when none of `hashes` is known. */
  readonly previous?: Hashes
  /** At most 256 characters. */
  readonly title: string
  /** Of the main exception; empty where there is none. */
  readonly type: string
  /** Message of the main exception, or of the event; at most 1024 characters. */
  readonly value: string
  /** Where it happened, as people call it: the transaction, or the last frame of the application. */
  readonly culprit: string
  /** File of that frame; empty where there is none. */
  readonly location: string
  /** Function of that frame; empty where there is none. */
  readonly function: string
}
