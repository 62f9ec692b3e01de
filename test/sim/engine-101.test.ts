import { campaign } from './engine-campaign.ts'

campaign(101, 100)
