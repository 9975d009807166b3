package page

// contentPolicy lets the page load its own files and nothing else, and run no script and no style that stands in markup:
// a post's text that got into the page as markup could still do nothing. Where browsers know trusted types, no script can
// make markup from text either. worker-src is for the worker that tabs share.
// https://www.w3.org/TR/CSP3/, https://www.w3.org/TR/trusted-types/
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"worker-src 'self'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types worker; frame-ancestors "

// policy is the Content-Security-Policy of a path. Only the card may be framed: it has nothing to be tricked into
// clicking but a link to the page.
func policy(path string) string {
	if path == "/embed" {
		return contentPolicy + "*"
	}
	return contentPolicy + "'none'"
}
