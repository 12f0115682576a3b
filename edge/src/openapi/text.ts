/** edge/openapi.json as it has to be today. */
import { apiRoutes } from '../routes.ts';
import { openApi } from './document.ts';

export const openApiText = (): string => `${JSON.stringify(openApi(apiRoutes), null, 2)}\n`;
