-- title: Median follower count by joining year and age group
-- about: Over posts with a follower count, of any year; the year is that of the user's date_joined.

with joined as (
    select
        case
            when person.age between 18 and 24 then '18-24'
            when person.age between 25 and 35 then '25-35'
            when person.age between 36 and 50 then '36-50'
            when person.age > 50 then '50+'
        end as age_group,
        date_part('year', person.date_joined) as post_year,
        post.follower_count
    from pin as post
    join user as person on person.ind = post.ind
    where post.follower_count is not null
)
select age_group, post_year, median(cast(follower_count as double)) as median_follower_count
from joined
where age_group is not null and post_year is not null
group by age_group, post_year
order by age_group, post_year;
