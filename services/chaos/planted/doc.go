//go:build unix

// Package planted tests a run of chaos: it plants defects in the product's code, one at a time, has a few faults happen to a
// product that is built with it, and demands that the run finds it, and finds it as what it is. Without a defect the same
// faults must find nothing.
//
//	Bugs ─▶ the same faults without any find nothing ─▶ each bug ─┬─▶ found, as what it is
//	                                                             └─▶ NOT FOUND, found as something else, or out of date
//
// It owns which defect is met by which faults. The defects that tests catch as well are those of services/e2e/planted.
package planted
