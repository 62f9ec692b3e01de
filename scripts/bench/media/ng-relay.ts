import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { nodeCommand } from '../../../test/support/paths.ts'

/**
 * Stands between a door and its rtpengine, and lets agents without DTLS and ICE take part: what the door orders for a browser
 * is ordered for plain RTP. Everything else (ports, branches, switches) stays as the door ordered it. It is a process of its own: whoever
 * plays tones for many has no time to pass orders on. Resolves to its control address.
 */
export async function openNgRelay(port: number, rtpenginePort: number): Promise<string> {
  const [node, ...args] = nodeCommand('scripts/bench/media/ng-relay-process')
  const child = spawn(node, [...args, String(port), String(rtpenginePort)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  await once(child, 'message')
  // It keeps nobody alive, and is gone when this end of the channel is.
  child.unref()
  child.channel?.unref()
  return `udp://127.0.0.1:${port}`
}
