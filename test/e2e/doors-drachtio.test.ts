import t from 'tap'
import { inNamespace } from '../support/namespace.ts'
import { tellDoors } from './doors.ts'

t.setTimeout(180_000)
if (await inNamespace(import.meta.url)) await tellDoors('drachtio')
