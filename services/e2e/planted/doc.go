// Package planted tests the tests: it plants faults in the product's code, one at a time, and demands that the tests that
// are named for it catch each. Faults returns them; each is one that such systems have had in production.
//
// Nothing in the tree is changed. The Go command compiles a changed copy in the place of a file (go help build, -overlay),
// which is how a fault can be planted while others work in the same tree. The price is that a test that reads a file by
// itself sees it unchanged, and so does what a test builds with a go command of its own.
//
//	Faults ─▶ all fit the code? ─▶ the named tests pass without a fault ─▶ each fault ─┬─▶ caught, by which tests
//	                                                                               ├─▶ SURVIVED: a test is missing
//	                                                                               └─▶ does not compile, is out of date
//
// It owns neither the tests, which stand beside the code that they are about, nor what is proven with whole processes
// and real servers.
package planted
