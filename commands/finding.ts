/** Something that `weir check` has to say. A note is worth reading; a problem is worth fixing. */
export interface Finding {
  readonly level: 'problem' | 'note'
  /** What it is about: `data folder`, `input nginx`, `output elasticsearch`. */
  readonly subject: string
  readonly message: string
}
