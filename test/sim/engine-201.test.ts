import { campaign } from './engine-campaign.ts'

campaign(201, 100)
