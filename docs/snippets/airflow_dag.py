"""The report `daily` at 6 by London's clocks: one task, whose worker has `pinq` on its PATH."""

import pendulum
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

with DAG(
    dag_id="pinq_report_daily",
    schedule="0 6 * * *",
    start_date=pendulum.datetime(2026, 1, 1, tz="Europe/London"),
    # A missed time is not caught up with for every day: the newest answers hold what is new.
    catchup=False,
    # A report never runs beside itself.
    max_active_runs=1,
) as dag:
    BashOperator(
        task_id="report",
        cwd="/srv/pinq",
        # The time that the run is for, not the time at which a worker was free.
        bash_command='pinq report run daily --at "{{ data_interval_end | ts }}"',
        retries=2,
        retry_delay=pendulum.duration(minutes=5),
        execution_timeout=pendulum.duration(hours=1),
    )
