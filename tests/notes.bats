#!/usr/bin/env bats
# Goal: the notes and the README speak of what there is: files, functions, options,
# verbs, man pages, links, and code as it stands in the source.

load helper

setup() {
    BIN=${BIN:-bin}
    pages=(README.md notes/*.md notes/answers/*.md)
}

# prose - what the pages have outside of blocks.
prose() {
    awk '/^ *```/ { block = !block; next } !block && !/^    /' "${pages[@]}"
}

# none - succeeds if there is no input, and shows it otherwise.
none() {
    local text
    text=$(cat)
    echo "$text"
    [ -z "$text" ]
}

# in_backticks PATTERN - what there looks like that in backticks, each once.
in_backticks() {
    prose | grep -oE "\`$1\`" | tr -d '\140' | sort -u
}

@test "every file that is named exists" {
    local file
    for file in $(grep -ohE '\b(servers|common|client|tests|notes)/[a-zA-Z0-9_./-]+\.(c|h|bats|md|bash|py|patch|svg)\b' \
        "${pages[@]}" | sort -u); do
        echo "$file"
        [[ $file == */NAME.* || $file == */NN-name.* || -e $file ]]
    done
}

@test "every link leads somewhere" {
    local page link file anchors
    # As GitHub makes them: small letters, blanks are hyphens.
    anchors=$(awk '/^##* / { sub(/^##* /, ""); $0 = tolower($0); gsub(/ /, "-")
        gsub(/[^a-z0-9_-]/, ""); print FILENAME "#" $0 }' "${pages[@]}")
    while IFS=: read -r page link; do
        link=${link//[]()]/}
        echo "$page: $link"
        [[ $link != http* ]] || continue
        file=${link%%#*}
        if [[ -n $file && $page == */* ]]; then
            file=${page%/*}/$file
        fi
        file=${file:-$page}
        [ -e "$file" ]
        while [[ $file =~ ^(.*/)?[^/.]+/\.\./(.*)$ ]]; do
            file=${BASH_REMATCH[1]}${BASH_REMATCH[2]}
        done
        [[ $link != *#* || $anchors == *"$file#${link#*#}"* ]]
    done < <(grep -oE '\]\([^)]+\)' "${pages[@]}"
        sed -n 's/^\[[^]]*\]: /README.md:/p' README.md)
}

@test "every server has its page, and --help names it" {
    local server lesson
    for server in servers/*.c; do
        server=${server##*/}
        [ -x "$BIN/${server%.c}" ] || continue # it is for another system
        lesson=$("$BIN/${server%.c}" --help)
        lesson=${lesson#*Lesson: }
        lesson=${lesson%%$'\n'*}
        echo "$server: $lesson"
        [ -e "$lesson" ]
    done
}

@test "the table of the README has every server, with its page" {
    awk 'FNR == NR { line[$0]; if (/^\| \[/) row[++rows] = $0; next }
        match($0, /"notes\/[^"]*[.]md"/) {
            page = substr($0, RSTART + 1, RLENGTH - 2)
            name = FILENAME
            gsub(/^servers\/|[.]c$/, "", name)
            number = substr(page, 7, 2)
            found = 0
            for (i = 1; i <= rows; i++)
                found += row[i] ~ "^\\| \\[" name "\\] *\\| \\[" number "\\] "
            if (!found || !("[" name "]: servers/" name ".c" in line) ||
                !("[" number "]: " page in line)) { print name ", " page; bad = 1 }
            servers++
        }
        END { exit bad || servers != ARGC - 2 }' README.md servers/*.c
}

@test "every page is in the map, and has its answers if it has exercises" {
    awk 'FNR == 1 { page = FILENAME; sub(/^notes\//, "", page) }
        page == "README.md" { map = map $0; next }
        /^## Exercises/ { exercises[page] }
        index($0, "](answers/" page ")") { answers[page] }
        { pages[page] }
        END {
            for (page in pages)
                if (!index(map, "](" page ")")) { print "not in the map: " page; bad = 1 }
            for (page in exercises)
                if (!(page in answers)) { print "no answers: " page; bad = 1 }
            exit bad
        }' notes/*.md
}

@test "a page of a model is a lesson: predict, run, exercises, sources" {
    local server lessons=()
    for server in servers/*.c; do
        server=${server#servers/}
        [ -x "$BIN/${server%.c}" ] || continue
        server=$("$BIN/${server%.c}" --traits)
        lessons+=("${server#*lesson=}")
    done
    awk '/^## (The question|Predict|Exercises|Check yourself)$/ { parts[FILENAME, $0] }
        /^Sources: / { parts[FILENAME, "sources"] }
        /^```console/ { parts[FILENAME, "run"] }
        END {
            for (part in parts) { split(part, key, SUBSEP); count[key[1]]++ }
            for (i = 1; i < ARGC; i++)
                if (count[ARGV[i]] != 6) { print "not all parts: " ARGV[i]; bad = 1 }
            exit bad
        }' "${lessons[@]}"
}

@test "every name in backticks is one of ours, one that we use, or one of an example" {
    local words name='[A-Za-z_][A-Za-z0-9_]*'
    words=$(
        grep -rohE "$name" servers common client tests Makefile | sort -u
        awk '/^ *```/ { block = !block } block || /^    /' "${pages[@]}" |
            grep -oE "$name"
    )
    in_backticks "$name(\(\))?" | sed 's/()$//' | grep -vxFf <(echo "$words") | none
}

@test "every function that is said to be in a file is in it" {
    local name file
    # shellcheck disable=SC2016 # backticks, not commands
    while read -r name file; do
        echo "$name in $file"
        [[ $(<"$file") =~ (^|[^A-Za-z0-9_])$name($|[^A-Za-z0-9_]) ]]
    done < <(cat "${pages[@]}" | tr '\n' ' ' |
        grep -oE '`[a-zA-Z_]+`,? (in|\() ?`[a-z]+/[a-z_-]+\.[ch]`' |
        sed -E 's/`([a-zA-Z_]+)`.*`([^`]+)`/\1 \2/' | sort -u)
}

@test "every option in backticks is one of ours" {
    local options
    options=$(for program in "$BIN"/*; do
        [ -d "$program" ] || "$program" --help
    done | cat - Makefile ./*/*.mk | grep -oE -- '(^|[^-a-zA-Z0-9])--?[a-zA-Z][-a-zA-Z0-9]*' |
        sed 's/^[^-]//')
    in_backticks '--?[a-zA-Z][^`]*' | sed 's/[ =].*//' |
        grep -vxFf <(echo "$options") | none
}

@test "every finding and every server of the zoo that is named is there" {
    local name
    grep -ohE '\b(protocol|capacity|shape|growth|work|neighbours|leaks|idle|stop|attack)\.[a-z-]+\b' \
        "${pages[@]}" | grep -vE '\.(c|h|md|bats|svg|patch)$' |
        grep -vxFf <("$BIN/judge" --list | awk '{ print $2 }') | none
    for name in $(grep -ohE 'bin/zoo/[a-z0-9-]+' "${pages[@]}" | sort -u); do
        echo "$name"
        [ -e "tests/zoo/${name#bin/zoo/}.patch" ]
    done
}

@test "every man page that is named exists, in that section" {
    # shellcheck disable=SC2016 # backticks: what stands there is code
    prose | sed 's/`[^`]*`//g' | grep -oE '\b[a-zA-Z_][a-zA-Z0-9_.-]*\([1-8]\)' |
        grep -vxFf tests/man-pages | none
}

@test "every command line of ours is accepted" {
    local line
    # With --help at its end nothing is started, and bad options are refused.
    while read -r line; do
        line=${line%%[#&|]*}
        echo "$line"
        # From the server of judge and inside on, all is the server's.
        [[ ! $line =~ ^bin/(judge|inside) ]] || {
            line=${line%% -- *}
            line=${line%% bin/*}
        }
        eval "$line --help" >/dev/null
    done < <(sed -n "s|^    \(bin/[a-z-]* .*\)|\1|p" "${pages[@]}")
}

@test "code that is quoted stands in the source" {
    tests/quotes "${pages[@]}"
}

@test "code that is quoted and does not stand in the source is found" {
    local page=$BATS_TEST_TMPDIR/page.md shown
    quote() {
        printf '%s\n' "$@" >"$page"
        run tests/quotes "$page"
        echo "$output"
    }
    for shown in '    while (stop_requested())' 'while (!stop_requested())' ''; do
        quote '```c servers/single-process.c' "$shown" \
            '        if (accept_client(listener, &client))' '```'
        [ "$status" -eq 1 ]
        [[ $output == *"page.md:1: not in servers/single-process.c"* ]]
    done
    quote '```c servers/single-process.c' '    net_announce(listener);' \
        '    return server_end();' '```'
    [ "$status" -eq 1 ]
    quote '```c servers/single-process.c' '    return server_end();' '...' 'int' '```'
    [ "$status" -eq 1 ]
    quote '```c' 'int' '```'
    [ "$status" -eq 1 ]
    quote '   ```c servers/nobody.c' '...' '   ```'
    [ "$status" -eq 1 ]
    # Nor what another file says at the place where this one has ended.
    quote '```c common/stop.c' '}' '```' '```c common/shared.h' '#endif' '}' '```'
    [ "$status" -eq 1 ]
    quote '```c servers/single-process.c' 'int' 'main(int argc, char **argv)' '...' \
        '    return server_end();' '```'
    [ "$status" -eq 0 ]
}

@test "the table of the zoo is what its patches say" {
    diff <(tests/zoo/build --list) <(grep '^|' tests/zoo/README.md)
}

@test "every picture is shown on a page, and can be made again" {
    local file text made
    text=$(cat "${pages[@]}")
    made=$'\n'$(<tests/figures)
    for file in notes/figures/*.svg; do
        echo "$file"
        file=${file##*/}
        [[ $text == *"figures/$file"* ]]
        [[ $made == *$'\n    '"${file%.svg})"* ]]
    done
}
