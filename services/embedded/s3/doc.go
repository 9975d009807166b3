// Package s3 is an S3 server that runs inside the process and keeps every object as a plain file, so that the demo's
// archive can be read with an S3 client and looked at with a file manager. Any real S3 store replaces it: only the
// endpoint and the credentials change.
//
//	client ──▶ gate ──▶ gofakes3 ──▶ folder
//	           │        │            └ files, metadata records, uploads: atomic and synced before the answer
//	           │        └ routes, XML, ranges, paging tokens, error bodies
//	           └ signatures, aws-chunked bodies, checksums, what is not supported
//
// On disk, below Config.Dir:
//
//	<bucket>/<key>          the object, byte for byte
//	.store/metadata/…       one small record per object: its ETag and metadata
//	.store/uploads/<id>/    the parts of unfinished multipart uploads
//	.store/incoming/        bodies still being received; emptied at start
//
// Guarantees. An object appears whole or not at all: its body is written aside, synced and renamed. A put with
// If-None-Match: * has one winner among any number of racing writers, on PutObject and on CompleteMultipartUpload; so has
// one with If-Match.
// File, record and folder entries are synced before the answer, so an acknowledged object survives a kill and, where
// the disk keeps its promises, a power cut. Requests without a valid AWS Signature Version 4 are refused; so are
// bodies that differ from their signature, their checksum or their announced length.
//
// It does not own: versions, access lists, encryption, tags, life cycles, presigned URLs (each answered with an S3
// error). Keys that cannot be a file (a//b, ../x, or a/b beside an object a) are refused. A listing reads the whole
// bucket folder, which is right for thousands of objects, not for millions. One server at a time may use a Dir.
//
// Why gofakes3 (MIT, v1.2.0 of July 2026) below a gate and a folder of our own, and not versitygw v1.8.0, which has all of
// this built in. Measured on two cores, building from an empty cache (downloads apart), for a program that only starts the server: versitygw needs
// 62 module downloads (304 MB on disk), 41 s to build and a 30 MB binary; gofakes3 4 downloads (48 MB), 14 s and
// 10 MB; a bare net/http server 13 s and 9 MB. versitygw also changes the working directory of the whole process,
// allows one instance per process and does not sync what it acknowledges. gofakes3's own folder backend writes objects in
// place (a killed put leaves half an object), holds one lock while a body arrives and keeps parts in memory; it
// checks no signatures and stores the framing of bodies with trailing checksums as content. Those are the parts replaced here.
package s3
