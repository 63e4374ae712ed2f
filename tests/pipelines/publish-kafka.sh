#!/bin/sh
# Every frame of a film reaches a consumer as a message, in its order.  The cluster is librdkafka's
# own, which lives as long as a producer that waits for its input, until this shell ends.
# shellcheck source=tests/pipelines/common.sh
. "$(dirname "$0")/common.sh"
need avimux jpegenc
have kcat
black 5
echo test.mock.num.brokers=1 >mock.conf
mkfifo input
exec 3<>input
KCAT_CONFIG=mock.conf background sh -c 'exec kcat -P -b any -t any <input 2>cluster 3>&-'
eventually grep -q 'replaced with' cluster
broker=$(sed -n 's/.*replaced with //p' cluster)
for batch in 1 3; do
    # shellcheck disable=SC2086  # a list of words
    SOURCE="filesrc location=$PWD/black.avi" BATCH=$batch \
        "$pipelines/publish-kafka.sh" "$broker" street $segmenter
done
kcat -C -q -b "$broker" -t street -o beginning -c 7 >messages
messages_of_black 5 1 1 1 1 1 3 2 <messages
