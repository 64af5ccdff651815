import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { requirePeer } from '../peers/require.ts'
import { RunningWeir } from './running_weir.ts'
import { appFolder, digested, key, run, thrownBy } from './source_maps/uploading.ts'

/**
 * The real uploaders, told nothing but where Weir is and a token: sentry-cli 2 and 3, and the plugins of four
 * bundlers. Then what the built app throws is shown by its sources.
 */

const bundlers = requirePeer('sentry-bundlers')
const clis = (['sentry-cli-2', 'sentry-cli-3'] as const).flatMap((name) => {
  const peer = requirePeer(name)
  return peer ? [{ name, program: join(peer.path, 'bin', 'sentry-cli') }] : []
})
const folder = mkdtempSync(join(tmpdir(), 'weir-source-maps-'))
const url = 'https://shop.example.com/assets/app.js'
const secret = 'the-secret-of-a-build-server'
/** As Sentry's own tokens of an organisation are: the uploaders read where to go from it. */
const orgToken = (at: string) => {
  const claims = { iat: 1_700_000_000, url: at, region_url: at, org: 'weir' }
  return `sntrys_${Buffer.from(JSON.stringify(claims)).toString('base64')}_${'A'.repeat(43)}`
}
let weir: RunningWeir
let settings: Record<string, string>

beforeAll(async () => {
  const config = (tokens: object[]) => ({
    http: { listen: '127.0.0.1:0', tokens },
    errors: { projects: { shop: { id: 42, keys: [key] } } },
  })
  weir = await RunningWeir.start(
    folder,
    config([{ name: 'ci', secret, scopes: ['ingest', 'read'] }]),
  )
  settings = {
    SENTRY_URL: weir.url,
    SENTRY_AUTH_TOKEN: secret,
    SENTRY_ORG: 'weir',
    SENTRY_PROJECT: 'shop',
  }
})
afterAll(async () => {
  await weir?.kill()
  rmSync(folder, { recursive: true })
})

const cart = 'app/cart.js'
const throwing = 'if (item.count < 0) throw new RangeError(`count of ${item.price} is negative`)'
const optionsOf = (release: string) => ({
  url: `${weir.url}/`,
  org: 'weir',
  project: 'shop',
  authToken: secret,
  release: { name: release },
})

describe.skipIf(!bundlers)('a plugin uploads, and the stack shows the sources', () => {
  test.each(['esbuild', 'rollup', 'webpack', 'vite'])('%s', async (bundler) => {
    const app = appFolder(join(folder, bundler), bundlers!.path)
    const out = join(app, 'out')
    const options = JSON.stringify(optionsOf(`${bundler}@1.0.0`))
    const built = await run([join(app, 'build.mjs'), bundler, out, options], app)
    expect(built.text).toContain('Successfully uploaded source maps')
    const thrown = await thrownBy(join(out, 'app.js'), url, app)
    expect(thrown.images).toHaveLength(1)
    const { frames, raw } = await digested(weir, thrown)
    expect(frames.at(-1)).toMatchObject({
      function: 'computeTotal',
      lineno: 5,
      context_line: expect.stringContaining(throwing) as string,
      data: { symbolicated: true, resolved_with: 'debug-id' },
    })
    expect(frames.at(-1)!.filename).toContain(cart)
    expect(frames.map((frame) => frame.filename)).toContainEqual(expect.stringContaining('main.js'))
    expect(raw).toMatchObject(thrown.frames as object[])
    const release = await fetch(`${weir.url}/api/0/organizations/weir/releases/${bundler}%401.0.0/`)
    expect(await release.json()).toMatchObject({
      version: `${bundler}@1.0.0`,
      dateReleased: expect.any(String),
    })
  })
})

describe.skipIf(!bundlers).each(clis)('$name', ({ name, program }) => {
  const cli = async (cwd: string, ...args: string[]) => await run([program, ...args], cwd, settings)
  const appOf = async (what: string, sourcemap = '--sourcemap') => {
    const app = appFolder(join(folder, `${name}-${what}`), bundlers!.path)
    const esbuild = join(app, 'node_modules/esbuild/bin/esbuild')
    const flags = ['--bundle', '--minify', sourcemap, '--outfile=out/app.js']
    execFileSync(esbuild, ['app/main.js', ...flags, '--log-level=warning'], { cwd: app })
    return app
  }

  test('info says who one is', async () => {
    const { code, text } = await cli(folder, 'info')
    expect([code, text]).toEqual([0, expect.stringContaining(`Sentry Server: ${weir.url}`)])
  })

  test('by debug ids; what came before the upload says that nothing was uploaded', async () => {
    const app = await appOf('debug-ids')
    // Another app than that of the plugins and of the other version: other bytes, other ids.
    writeFileSync(join(app, 'app/main.js'), `globalThis.by = '${name}'\n`, { flag: 'a' })
    execFileSync(
      join(app, 'node_modules/esbuild/bin/esbuild'),
      [
        'app/main.js',
        '--bundle',
        '--minify',
        '--sourcemap',
        '--outfile=out/app.js',
        '--log-level=warning',
      ],
      { cwd: app },
    )
    expect((await cli(app, 'sourcemaps', 'inject', 'out')).code).toBe(0)
    const thrown = await thrownBy(join(app, 'out/app.js'), url, app)
    const early = await digested(weir, thrown)
    expect(early.frames.at(-1)!.data).toEqual({
      unmapped: 'no file with this debug id was uploaded',
    })
    const uploaded = await cli(app, 'sourcemaps', 'upload', '--wait', 'out')
    expect([uploaded.code, uploaded.text]).toEqual([
      0,
      expect.stringContaining('File processing complete'),
    ])
    const late = await digested(weir, thrown)
    expect(late.frames.at(-1)).toMatchObject({ function: 'computeTotal', lineno: 5 })
    // The same once more: there is nothing to send.
    expect((await cli(app, 'sourcemaps', 'upload', '--wait', 'out')).code).toBe(0)
  })

  test('by release and url, without debug ids', async () => {
    const app = await appOf('release')
    const release = `shop@${name}`
    const upload = [
      'sourcemaps',
      'upload',
      '--release',
      release,
      '--dist',
      '7',
      '--url-prefix',
      '~/assets',
      'out',
    ]
    expect((await cli(app, ...upload)).code).toBe(0)
    const thrown = await thrownBy(join(app, 'out/app.js'), url, app)
    expect(thrown.images).toEqual([])
    const { frames } = await digested(weir, thrown, { release, dist: '7' })
    expect(frames.at(-1)).toMatchObject({
      function: 'computeTotal',
      lineno: 5,
      data: { resolved_with: 'release' },
    })
    const other = await digested(weir, thrown, { release: 'shop@other' })
    expect(other.frames.at(-1)!.data!['unmapped']).toContain('nothing was uploaded for its release')
  })

  test('a map inside of its script, by release and by debug id', async () => {
    const app = await appOf('inline', '--sourcemap=inline')
    const release = `inline@${name}`
    const upload = ['sourcemaps', 'upload', '--release', release, '--url-prefix', '~/assets', 'out']
    expect((await cli(app, ...upload)).code).toBe(0)
    const thrown = await thrownBy(join(app, 'out/app.js'), url, app)
    expect(thrown.images).toEqual([])
    const byRelease = await digested(weir, thrown, { release })
    expect(byRelease.frames.at(-1)).toMatchObject({ function: 'computeTotal', lineno: 5 })
    expect((await cli(app, 'sourcemaps', 'inject', 'out')).code).toBe(0)
    expect((await cli(app, 'sourcemaps', 'upload', 'out')).code).toBe(0)
    const injected = await thrownBy(join(app, 'out/app.js'), url, app)
    expect(injected.images).toHaveLength(1)
    const byId = await digested(weir, injected)
    expect(byId.frames.at(-1)).toMatchObject({ function: 'computeTotal', lineno: 5 })
  })

  test('releases and deploys', async () => {
    const version = `shop@2.0.0-${name}`
    const repository = join(folder, `${name}-repository`)
    mkdirSync(repository)
    const git = (...args: string[]) =>
      execFileSync('git', ['-c', 'user.name=Ana', '-c', 'user.email=ana@example.com', ...args], {
        cwd: repository,
      })
    git('init', '-q')
    git('commit', '-q', '--allow-empty', '-m', 'the first')
    git('commit', '-q', '--allow-empty', '-m', 'the second')
    for (const args of [
      ['new', version],
      ['set-commits', version, '--local', '--ignore-missing'],
      ['finalize', version],
    ]) {
      expect(await cli(repository, 'releases', ...args)).toMatchObject({ code: 0 })
    }
    expect(
      await cli(repository, 'deploys', 'new', '--release', version, '-e', 'production'),
    ).toMatchObject({ code: 0 })
    expect((await cli(repository, 'releases', 'list')).text).toContain(version)
    expect((await cli(repository, 'releases', 'info', version)).text).toContain(version)
    const ask = async (what: string) => {
      const path = `/api/0/organizations/weir/releases/${encodeURIComponent(version)}/${what}`
      return (await (await fetch(weir.url + path)).json()) as object
    }
    expect(await ask('')).toMatchObject({
      dateReleased: expect.any(String) as string,
      projects: [{ slug: 'shop' }],
    })
    expect(await ask('commits/')).toMatchObject([
      { message: expect.stringContaining('the second') as string },
      {},
    ])
    expect(await ask('deploys/')).toMatchObject([{ environment: 'production' }])
    expect((await cli(repository, 'repos', 'list')).code).toBe(0)
    for (const [verb, status] of [
      ['archive', 'archived'],
      ['restore', 'open'],
    ] as const) {
      expect(await cli(repository, 'releases', verb, version)).toMatchObject({ code: 0 })
      expect(await ask('')).toMatchObject({ status })
    }
    expect((await cli(repository, 'releases', 'delete', version)).code).toBe(0)
  })

  test('send-event', async () => {
    const dsn = `http://${key}@${new URL(weir.url).host}/42`
    const { code, text } = await run([program, 'send-event', '-m', `hello from ${name}`], folder, {
      SENTRY_DSN: dsn,
    })
    expect([code, text]).toEqual([0, expect.stringContaining('Event dispatched')])
  })

  test('mistakes are said in words: project, organization, token', async () => {
    const app = await appOf('mistakes')
    const upload = async (...more: string[]) => {
      const { code, text } = await cli(
        app,
        'sourcemaps',
        'upload',
        '--release',
        '1',
        ...more,
        'out',
      )
      expect(code).not.toBe(0)
      return text
    }
    expect(await upload('-p', 'web')).toContain('there is no project "web": there are shop')
    expect(await upload('-o', 'acme')).toContain('Weir has one, "weir"')
    const proxied = ['--header', 'X-Forwarded-For: 203.0.113.7']
    expect(await upload(...proxied, '--auth-token', 'x'.repeat(32))).toContain('http.tokens')
    expect((await cli(app, 'sourcemaps', 'upload', '--release', '1', ...proxied, 'out')).code).toBe(
      0,
    )
  })

  test('a token of an organization says where to go by itself', async () => {
    const app = await appOf('token')
    const token = orgToken(weir.url)
    const { code, text } = await run(
      [program, 'sourcemaps', 'upload', '-p', 'shop', '--release', `token@${name}`, 'out'],
      app,
      { SENTRY_AUTH_TOKEN: token },
    )
    expect([code, text]).toEqual([0, expect.stringContaining('Organization: weir')])
  })
})
