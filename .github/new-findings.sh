#!/bin/sh
# Open an issue with the new findings, or update the open one. Needs gh and GH_TOKEN.
set -eu
summary=$1
gh label create compat-matrix --force --description "Found by the weekly run of the matrix"
number=$(gh issue list --label compat-matrix --state open --limit 1 --json number --jq '.[0].number // empty')
if [ -n "$number" ]; then
  gh issue edit "$number" --body-file "$summary"
else
  gh issue create --title "New compatibility findings" --label compat-matrix --body-file "$summary"
fi
