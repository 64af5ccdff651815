/** What `showReportDialog` may set, and what stands there otherwise (docs.sentry.io, user feedback modal). */
const texts: Readonly<Record<string, string>> = {
  title: "It looks like we're having issues.",
  subtitle: 'Our team has been notified.',
  subtitle2: "If you'd like to help, tell us what happened below.",
  labelName: 'Name',
  labelEmail: 'Email',
  labelComments: 'What happened?',
  labelClose: 'Close',
  labelSubmit: 'Submit Crash Report',
  errorGeneric: 'An unknown error occurred while submitting your report. Please try again.',
  errorFormEntry: 'Some fields were invalid. Please correct the errors and try again.',
  successMessage: 'Your feedback has been sent. Thank you!',
  name: '',
  email: '',
}

/**
 * The script that an SDK's `showReportDialog` puts into the page: it asks the user what happened, and posts that to
 * where it came from.
 *
 * @param url of the script itself, with `dsn` and `eventId`.
 */
export function dialogScript(url: string, query: Readonly<Record<string, unknown>>): string {
  const shown = Object.fromEntries(
    Object.entries(texts).map(([name, text]) => {
      const given = query[name]
      return [name, typeof given === 'string' ? given.slice(0, 500) : text]
    }),
  )
  return `(${dialog})(${literal(url)}, ${literal(shown)});\n`
}

/** JSON that ends no script and breaks no line. */
const literal = (value: unknown) =>
  JSON.stringify(value).replaceAll(
    /[<>\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )

/** Runs in the page; everything it shows is set as text. */
const dialog = String.raw`function (url, texts) {
  const make = (tag, style, text = '') => {
    const element = document.createElement(tag)
    element.style.cssText = style
    element.textContent = text
    return element
  }
  const shade = make('div', 'position:fixed;inset:0;z-index:2147483647;background:rgba(0,0,0,.5);display:flex;align-items:center;justify-content:center;font:15px/1.5 system-ui,sans-serif')
  const form = make('form', 'background:#fff;color:#222;padding:24px;border-radius:6px;width:min(460px,90vw);max-height:90vh;overflow:auto;box-shadow:0 10px 40px rgba(0,0,0,.3)')
  const said = make('p', 'margin:0 0 12px;color:#b00')
  form.append(
    make('h2', 'margin:0 0 4px;font-size:20px', texts.title),
    make('p', 'margin:0 0 16px;color:#555', texts.subtitle + ' ' + texts.subtitle2),
    said,
  )
  const field = (name, label, tag, value = '') => {
    const row = make('label', 'display:block;margin:0 0 12px', label)
    const input = make(tag, 'display:block;width:100%;box-sizing:border-box;padding:6px;font:inherit;border:1px solid #bbb;border-radius:4px')
    Object.assign(input, { name, value, required: true })
    if (name === 'email') input.type = 'email'
    row.append(input)
    form.append(row)
  }
  field('name', texts.labelName, 'input', texts.name)
  field('email', texts.labelEmail, 'input', texts.email)
  field('comments', texts.labelComments, 'textarea')
  const button = 'padding:8px 14px;margin-right:8px;font:inherit;cursor:pointer'
  const submit = make('button', button, texts.labelSubmit)
  const close = make('button', button, texts.labelClose)
  close.type = 'button'
  close.addEventListener('click', () => shade.remove())
  form.append(submit, close)
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    const failed = (text) => { said.textContent = text }
    fetch(url, { method: 'POST', body: new URLSearchParams(new FormData(form)) }).then(
      (answer) => {
        if (answer.ok) form.replaceChildren(make('p', 'margin:0 0 12px', texts.successMessage), close)
        else failed(answer.status === 400 ? texts.errorFormEntry : texts.errorGeneric)
      },
      () => failed(texts.errorGeneric),
    )
  })
  shade.append(form)
  document.body.append(shade)
}`
