/* What MQTT.js takes for granted in Node; put only where it is named. */
export {default as process} from 'process/browser.js';
export {Buffer} from 'buffer/';
