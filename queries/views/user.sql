-- title: The users, cleaned
-- about: One row a post: the user's name, age and day of joining; repeats and strays are gone.
--
-- This file is yours to edit: `user` in a query means the rows of this statement, `raw.user` the records as they landed.
-- `landed.user` has the columns of `raw.user` and, beside them, where each record came from and whether it is a repeat.
-- One person appears under many `ind`: a person is a distinct (user_name, age, date_joined).

with known as (
    select
        ind,
        clean_text(first_name, 'User Info Error') as first_name,  -- what is trimmed: see pin.sql
        clean_text(last_name, 'User Info Error') as last_name,
        age,
        date_joined
    from landed."user"
    where ind is not null  -- strays: a pin record has `index` in place of `ind`
        and not _repeat    -- the same record came before, in this object or in another
)
select
    ind,
    -- With one part missing the other is the name; with both missing the name is NULL, not empty.
    nullif(concat_ws(' ', first_name, last_name), '') as user_name,
    age,
    parse_timestamp(date_joined) as date_joined  -- NULL where none of the four formats reads it
from known
