# What a script says of itself. Source it.
script=$(realpath "$0")

# The comment that opens the script, as its help.
print_usage() { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$script"; }

asks_for_help() { [[ ${1:-} == -h || ${1:-} == --help ]]; }
