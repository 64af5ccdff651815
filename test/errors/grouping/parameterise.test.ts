import { describe, expect, it } from 'vitest'
import { firstLines, parameterise } from '../../../errors/grouping/parameterise.ts'

const table: readonly (readonly [string, string])[] = [
  // email
  ['no account for jane.doe+test@mail.example.com', 'no account for <email>'],
  ['<bob@example.org> bounced', '<<email>> bounced'],
  ['@decorator failed', '@decorator failed'],
  // url
  ['GET https://shop.example.com/cart?id=1&x=2 failed', 'GET <url> failed'],
  ['see (http://localhost:8080/a), then go', 'see (<url>), then go'],
  ['wss://example.com/socket closed', '<url> closed'],
  ['connect postgres://user:secret@db/shop: refused', 'connect <url>: refused'],
  ["Refused to load 'https://a.example/x.js' because", "Refused to load '<url>' because"],
  ['blob:https://app.example/uuid gone', 'blob:<url> gone'],
  ['redis://10.0.0.1:6379/0', '<url>'],
  // hostname
  ['getaddrinfo ENOTFOUND db1.prod.example.com', 'getaddrinfo ENOTFOUND <hostname>'],
  ['api.example.co.uk:443 refused', '<hostname>:<int> refused'],
  ['redis.cache.svc.cluster.local timed out', '<hostname> timed out'],
  ['user.id is undefined', 'user.id is undefined'],
  ['window.app.name is not a function', 'window.app.name is not a function'],
  ["cannot find module './main.js'", "cannot find module './main.js'"],
  ['models.py and lib.rs', 'models.py and lib.rs'],
  // ip
  ['10.0.0.1 refused', '<ip> refused'],
  ['connect ECONNREFUSED 127.0.0.1:5432', 'connect ECONNREFUSED <ip>:<int>'],
  ['from 2001:db8::ff00:42:8329 and ::1', 'from <ip> and <ip>'],
  ['fe80::1ff:fe23:4567:890a', '<ip>'],
  ['::ffff:192.168.0.1', '<ip>'],
  ['999.1.1.1', '<int>.<int>.<int>.<int>'],
  ['std::vector and a::b', 'std::vector and a::b'],
  ['version 1.2.3', 'version <int>.<int>.<int>'],
  // traceparent
  ['00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', '<traceparent>'],
  ['Root=1-67891233-abcdef012345678912345678', 'Root=<traceparent>'],
  // uuid, sha1, md5
  ['order de305d54-75b4-431b-adb2-eb6b9e546014 lost', 'order <uuid> lost'],
  ['DE305D54-75B4-431B-ADB2-EB6B9E546014', '<uuid>'],
  ['commit 0beec7b5ea3f0fdbc95d0dd47f3c5bc275da8a33', 'commit <sha1>'],
  ['etag 5d41402abc4b2a76b9719d911017c592', 'etag <md5>'],
  // mac_addr
  ['device 00:1b:44:11:3a:b7', 'device <mac_addr>'],
  ['device 00-1B-44-11-3A-B7', 'device <mac_addr>'],
  ['cisco 001b.4411.3ab7', 'cisco <mac_addr>'],
  // date
  ['at 2024-01-02T03:04:05.678+01:00', 'at <date>'],
  ['at 2024-01-02T03:04:05Z', 'at <date>'],
  ['at 2024-01-02 03:04:05,678 x', 'at <date> x'],
  ['on 2024-01-02', 'on <date>'],
  ['on 2024/1/2', 'on <date>'],
  ['Tue, 02 Jan 2024 03:04:05 GMT', '<date>'],
  ['Tue Jan  2 03:04:05 2024', '<date>'],
  ['Mon Jan 02 2006 15:04:05 GMT+0000 (Coordinated Universal Time)', '<date>'],
  ['Tuesday, January 2, 2024 3:04 PM', '<date>'],
  ['02/Jan/2024:03:04:05 +0000', '<date>'],
  ['2 Jan 2024', '<date>'],
  ['Jan 2, 2024, 3:04:05 PM', '<date>'],
  ['Jan  2 03:04:05', '<date>'],
  ['1/2/2024 3:04 PM', '<date>'],
  ['2.1.2024', '<date>'],
  ['20240102T030405Z', '<date>'],
  ['at 03:04:05.678', 'at <date>'],
  ['at 3:04 PM', 'at <date>'],
  ['at 3:04PM', 'at <date>'],
  ['datetime.datetime(2024, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)', '<date>'],
  ['datetime.date(2024, 1, 2)', '<date>'],
  // duration
  ['timeout of 5000ms exceeded', 'timeout of <duration> exceeded'],
  ['took 1.5s', 'took <duration>'],
  ['30s later', '<duration> later'],
  ['1080p and 4K', '1080p and 4K'],
  // swift_txn_id
  ['tx274a77a8975c4a66aeb24-0052d95365', '<swift_txn_id>'],
  // hex, git_sha
  ['at 0x7fff5fbff8c0', 'at <hex>'],
  ['HRESULT 0x80070005', 'HRESULT <hex>'],
  ['id deadbeef42', 'id <hex>'],
  ['id 507f1f77bcf86cd799439011', 'id <hex>'],
  ['colour a1b2c3', 'colour <hex>'],
  ['code 3f4a', 'code <hex>'],
  ['build 1a2b3c4', 'build <git_sha>'],
  ['face feed defaced', 'face feed defaced'],
  ['e2e test of h264', 'e2e test of h264'],
  // random_id
  ['charge ch_3MmlLrLkdIwHu7ix0snN0B15', 'charge ch_<random_id>'],
  ['customer cus_NffrFeUfNV2Hib', 'customer cus_<random_id>'],
  ['ulid 01ARZ3NDEKTSV4RRFFQ69G5FAV', 'ulid <random_id>'],
  ['key V1StGXR8Z5jdHi6B', 'key <random_id>'],
  ['base64Encode and Html5ValidatorFactory', 'base64Encode and Html5ValidatorFactory'],
  ['getElementById2 X509Certificate2Builder', 'getElementById2 X509Certificate2Builder'],
  // float, int
  ['3.14 of -2.5', '<float> of <float>'],
  ['1.5e-7', '<float>'],
  ['user 42 not found', 'user <int> not found'],
  ['-5', '<int>'],
  ['offset 12345678901234567890', 'offset <int>'],
  ['user_123 of table_7', 'user_<int> of table_<int>'],
  ['item-12', 'item-<int>'],
  ['#12 (30%)', '#<int> (<int>%)'],
  ['/api/users/12/orders/9', '/api/users/<int>/orders/<int>'],
  ['[1, 2, 3]', '[<int>, <int>, <int>]'],
  ['utf8 and v2 and int64', 'utf8 and v2 and int64'],
  ['1st of 2nd', '1st of 2nd'],
  // quoted_str, bool
  ['name=\'Jane\' city="New York"', 'name=<quoted_str> city=<quoted_str>'],
  ['active=true, deleted=False', 'active=<bool>, deleted=<bool>'],
  ["it's true that 'x' is", "it's true that 'x' is"],
  // several, none, and what must not be mistaken
  [
    'Timeout after 5000ms connecting to db1.example.com:5432 for user 4711',
    'Timeout after <duration> connecting to <hostname>:<int> for user <int>',
  ],
  ['Nothing to see here', 'Nothing to see here'],
  ['', ''],
  ['größe 5 überschritten 中文 7', 'größe <int> überschritten 中文 <int>'],
]

describe('parameterise', () => {
  it.each(table)('%s', (message, expected) => {
    expect(parameterise(message)).toBe(expected)
  })

  it('leaves alone what is longer than 8192 characters', () => {
    expect(parameterise('1 '.repeat(4096))).toMatch(/^<int> /)
    const long = '1 '.repeat(4097)
    expect(parameterise(long)).toBe(long)
  })

  it('changes nothing a second time', () => {
    for (const [, expected] of table) expect(parameterise(expected)).toBe(expected)
  })
})

describe('firstLines', () => {
  it.each([
    ['one', 'one'],
    ['one\ntwo', 'one\ntwo'],
    ['one\r\n\n  two  \r\nthree', 'one\ntwo...'],
    ['\n\n one', 'one'],
    ['  \n ', ''],
  ])('%j', (message, expected) => {
    expect(firstLines(message)).toBe(expected)
  })
})
