import t from 'tap'
import { inNamespace } from '../../support/namespace.ts'
import { tellTwoDoors } from './two-doors.ts'

t.setTimeout(180_000)
if (await inNamespace(import.meta.url)) await tellTwoDoors('embedded')
