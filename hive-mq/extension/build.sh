#!/bin/sh
# Builds the extension from its sources, into a folder that HiveMQ takes as it is.
set -eu

if [ $# -ne 2 ]; then
    echo "Usage: build.sh <folder of the sources> <folder to make>" >&2
    exit 2
fi
sources=$(cd "$1" && pwd)
mkdir "$2"
target=$(cd "$2" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

copy() {
    mvn --batch-mode --quiet --file "$here/pom.xml" dependency:copy-dependencies "-DincludeScope=$1" "-DoutputDirectory=$2"
}

# Each library is one of the list, and each of the list is there; nothing of a library has run before that.
copy test "$work/libraries"
(cd "$work/libraries" && sha256sum -- *.jar) >"$work/checksums"
if ! diff -u "$here/checksums" "$work/checksums"; then
    echo "The libraries are not those of extension/checksums" >&2
    exit 1
fi
copy runtime "$target/lib"

# For the Java of HiveMQ's image, which may be older than the one here.
mkdir "$work/classes"
find "$sources/src/main/java" -name '*.java' >"$work/files"
javac --release 11 -encoding UTF-8 -proc:none -nowarn -Xlint:-options \
    -cp "$work/libraries/*" -d "$work/classes" "@$work/files"
mkdir -p "$work/classes/META-INF/services"
echo com.hivemq.extensions.rbac.file.FileAuthMain \
    >"$work/classes/META-INF/services/com.hivemq.extension.sdk.api.ExtensionMain"

# The libraries stay files of their own, as they were published. A line of a manifest has at most 72 bytes.
{
    echo 'Main-Class: com.hivemq.extensions.rbac.file.generator.PasswordGenerator'
    echo 'Class-Path: '
    for library in "$target"/lib/*.jar; do echo "  lib/$(basename "$library")"; done
} >"$work/manifest"
jar --create --file "$target/hivemq-file-rbac-extension.jar" --manifest "$work/manifest" -C "$work/classes" .

version=$(sed -n 's/^version=//p' "$sources/gradle.properties")
sed "s/@version@/$version/" "$here/hivemq-extension.xml" >"$target/hivemq-extension.xml"
cp "$sources/LICENSE" "$target/"

# Where both files are to be: a folder that can be mounted without hiding the extension. The links have the names
# that every version of the extension looks for first.
mkdir "$target/conf"
ln -s conf/extension-config.xml "$target/extension-config.xml"
ln -s conf/credentials.xml "$target/credentials.xml"
