-- title: Median follower count by posting year and age group
-- about: Over posts with a follower count, of any year; the year is that of the post's timestamp.

with dated as (
    select
        case
            when person.age <= 24 then '18-24'
            when person.age <= 35 then '25-35'
            when person.age <= 50 then '36-50'
            else '50+'
        end as age_group,
        date_part('year', place."timestamp") as post_year,
        post.follower_count
    from pin as post
    join geo as place on place.ind = post.ind
    join user as person on person.ind = post.ind
    where post.follower_count is not null and person.age >= 18
)
select age_group, post_year, median(cast(follower_count as double)) as median_follower_count
from dated
where post_year is not null
group by age_group, post_year
order by age_group, post_year;
