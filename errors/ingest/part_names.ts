/** As SDKs write them, without white space. */
const framesName = Buffer.from('"frames":[')
const modulesName = Buffer.from('"modules":{')

/** Where a name is, and the value behind it. */
export interface Named {
  readonly at: number
  readonly start: number
  readonly isFrames: boolean
}

/** Finds the names of what may stay bytes in an event's JSON, in their order; no byte is searched twice for one. */
export class PartNames {
  readonly #source: Pick<Buffer, 'indexOf'>
  /** The next of each from where the search went on; -1 for none. */
  #frames: number
  #modules: number

  constructor(source: Pick<Buffer, 'indexOf'>) {
    this.#source = source
    this.#frames = source.indexOf(framesName)
    this.#modules = source.indexOf(modulesName)
  }

  /** @param from behind what was found before */
  next(from: number): Named | undefined {
    if (this.#frames >= 0 && this.#frames < from)
      this.#frames = this.#source.indexOf(framesName, from)
    if (this.#modules >= 0 && this.#modules < from)
      this.#modules = this.#source.indexOf(modulesName, from)
    const [frames, modules] = [this.#frames, this.#modules]
    if (modules >= 0 && (frames < 0 || modules < frames))
      return { at: modules, start: modules + modulesName.length - 1, isFrames: false }
    if (frames < 0) return undefined
    return { at: frames, start: frames + framesName.length - 1, isFrames: true }
  }
}
