import { connect } from 'node:net'
import type { AmiAddress } from '../../selector/domain/media-server.ts'

/**
 * Asks an Asterisk for its channels over a Manager connection of the test's own, by none of the product's code. Each
 * channel is its headers, names in lower case. Rejects when the connection ends before the list does.
 */
export function showChannels(address: AmiAddress): Promise<readonly ReadonlyMap<string, string>[]> {
  const { host, port, username, secret } = address
  const socket = connect(port, host)
  const say = (...lines: readonly string[]): boolean => socket.write(`${lines.join('\r\n')}\r\n\r\n`)
  say('Action: Login', `Username: ${username}`, `Secret: ${secret}`, 'Events: off')
  say('Action: CoreShowChannels')
  return new Promise((resolve, reject) => {
    let text = ''
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      if (!/\r\nEvent: CoreShowChannelsComplete|^Event: CoreShowChannelsComplete/.test(text)) return
      socket.destroy()
      resolve(text.split('\r\n\r\n').filter(isChannel).map(headersOf))
    })
    socket.on('error', reject)
    socket.on('close', () =>
      reject(new Error(`${host}:${port} ended the Manager connection: ${text.slice(-300)}`)),
    )
  })
}

function isChannel(message: string): boolean {
  return /(^|\r\n)Event: CoreShowChannel\r\n/.test(message)
}

function headersOf(message: string): ReadonlyMap<string, string> {
  return new Map(
    message.split('\r\n').map(line => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const
    }),
  )
}
