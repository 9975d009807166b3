package ingest

import "testing"

func TestAStopSpoolsWhatIsOnItsWayBeforeWhatWaits(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	q, _ := spoolingQueue(t, dir, 200_000, 1<<30)
	for n := range 10 {
		q.put(t.Context(), record(n))
	}
	q.close()
	taken, err := q.take(t.Context(), 4, maxWriteBytes)
	if err != nil || len(taken) != 4 {
		t.Fatalf("%d records are taken, %v", len(taken), err)
	}
	if lost := q.save(len(taken)); lost != 0 {
		t.Errorf("%d records are lost", lost)
	}
	if err := q.disk.Close(); err != nil {
		t.Fatal(err)
	}
	next, _ := spoolingQueue(t, dir, 200_000, 1<<30)
	next.close()
	wantNumbers(t, takeAll(t, next), 10)
}
