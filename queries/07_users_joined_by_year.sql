-- title: Users joined in each year, 2015-2020
-- about: Counts persons, not posts: a person is a distinct user_name, age and date_joined.

with persons as (
    select distinct user_name, age, date_joined
    from user as person
    where date_part('year', date_joined) between 2015 and 2020
)
select date_part('year', date_joined) as post_year, count(*) as number_users_joined
from persons
group by date_part('year', date_joined)
order by post_year;
