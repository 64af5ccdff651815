import type { Project, ProjectKey } from './project.ts'

/**
 * What an application is given: `http://<key>@host/path/<id>`. Old server-side SDKs of raven's insist on a secret,
 * which old browser ones refuse.
 *
 * @param baseUrl how clients reach this Weir, without a slash at its end.
 */
export function dsnOf(
  baseUrl: string,
  { id }: Pick<Project, 'id'>,
  { public: key, secret }: ProjectKey,
  withSecret = false,
): string {
  const [scheme, rest] = baseUrl.split('://', 2)
  return `${scheme}://${key}${withSecret ? `:${secret}` : ''}@${rest}/${id}`
}
