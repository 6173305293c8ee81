import CAssets
import HTTP

/// `GET /docs`: the operations for people, as one page that needs nothing from elsewhere. It reads `/openapi.json` and tries calls out.
enum DocumentationPage {
  static let response: Response = {
    let asset = cassets_docs_page()
    let bytes = Array(UnsafeBufferPointer(start: asset.bytes, count: asset.size))
    var response = Response.bytes(bytes, type: "text/html; charset=utf-8")
    // A key is typed into this page: nothing from elsewhere may run in it or hear of it.
    response.headers.set(
      "Content-Security-Policy",
      "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; img-src data:; frame-ancestors 'none'")
    response.headers.set("X-Content-Type-Options", "nosniff")
    response.headers.set("Referrer-Policy", "no-referrer")
    return response
  }()
}
