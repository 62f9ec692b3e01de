import t from 'tap'
import { inNamespace } from '../support/namespace.ts'
import { tellMediaLoss } from './media-loss.ts'

t.setTimeout(180_000)
if (await inNamespace(import.meta.url)) await tellMediaLoss('drachtio')
