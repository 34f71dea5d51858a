-- title: Median follower count by joining year and age group
-- about: Over posts with a follower count, of any year; the year is that of the user's date_joined.

with joined as (
    select
        case
            when person.age <= 24 then '18-24'
            when person.age <= 35 then '25-35'
            when person.age <= 50 then '36-50'
            else '50+'
        end as age_group,
        date_part('year', person.date_joined) as post_year,
        post.follower_count
    from pin as post
    join user as person on person.ind = post.ind
    where post.follower_count is not null and person.age >= 18
)
select age_group, post_year, median(cast(follower_count as double)) as median_follower_count
from joined
where post_year is not null
group by age_group, post_year
order by age_group, post_year;
