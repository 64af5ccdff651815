/**
 * For ports without TLS: a TLS alert (fatal, handshake failure), at which a TLS client fails at once and
 * says why. RFC 8446, section 6.
 */
export const tlsRefusal = Buffer.from([0x15, 3, 3, 0, 2, 2, 40])

/** Whether the first bytes of a connection are a handshake record of any TLS version: type 22, major 3. */
export function startsTls(bytes: Buffer): boolean {
  return bytes[0] === 0x16 && (bytes.length === 1 || bytes[1] === 3)
}
