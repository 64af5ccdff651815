/** A request of an uploader that is answered with an error, as Sentry's clients show it: `{"detail": …}`. */
export class UploadRefusal extends Error {
  readonly status: number
  constructor(status: number, detail: string) {
    super(detail)
    this.name = 'UploadRefusal'
    this.status = status
  }
}

export const invalid = (detail: string) => new UploadRefusal(400, detail)
export const tooLarge = (detail: string) => new UploadRefusal(413, detail)
