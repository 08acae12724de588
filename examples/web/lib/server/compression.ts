import {ServerResponse} from 'node:http'

/**
 * Lets Next compress the answers of route handlers as it compresses pages. Next passes the type of such an answer on as a
 * list of one, in which its own compression does not recognise a text; and a route cannot compress by itself, because
 * Next leaves out its Content-Encoding. Events are compressed too, and flushed one by one.
 */
export function compressAnswers(): void {
  const {setHeader} = ServerResponse.prototype
  ServerResponse.prototype.setHeader = function (name, value) {
    const only = Array.isArray(value) && value.length === 1 && name.toLowerCase() === 'content-type' ? value[0] : value
    return setHeader.call(this, name, only ?? value)
  }
}
