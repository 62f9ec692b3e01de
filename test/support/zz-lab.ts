import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const script = fileURLToPath(new URL('../../scripts/lab', import.meta.url))
export type Lab = any
export async function startLab({ servers, redis = false, mediaAddress }: any): Promise<Lab> {
  const name = `test-${process.ppid}-${Date.now().toString(36)}`
  const args = ['up', '--json', '--name', name, '--servers', String(servers)]
  if (redis) args.push('--redis')
  if (mediaAddress !== undefined) args.push('--media-address', mediaAddress)
  const up = JSON.parse((await run(script, args)).stdout)
  const lab = async (...words: readonly string[]): Promise<string> => (await run(script, [...words])).stdout
  return {
    servers: up.servers,
    rtpengine: up.rtpengine?.ng ?? '',
    redis: up.redis?.url,
    exec: (server: string, ...words: string[]) => lab('exec', '--name', name, server, ...words),
  }
}
